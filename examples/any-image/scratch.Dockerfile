# An image with a static program and nothing else, and enlist as its entrypoint. It needs the image `enlist`, which the
# Dockerfile beside this file makes, and your program beside it, here called `app`:
#
#   docker build -t web -f examples/any-image/scratch.Dockerfile examples/any-image
FROM scratch

COPY --from=enlist /opt/enlist /opt/enlist
COPY --from=enlist --chown=65532:65532 /run /run
COPY enlist.yaml /etc/enlist.yaml
COPY app /app

# A mistake in the file fails the build and not the rollout. In the form of a list, since there is no shell.
RUN ["/opt/enlist/bin/enlist", "validate", "--strict", "/etc/enlist.yaml"]
RUN ["/opt/enlist/bin/enlist", "test", "/etc/enlist.yaml"]

USER 65532:65532

HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=120s CMD ["/opt/enlist/bin/enlist", "status", "--ready"]

# No `env` for early signals: this enlist keeps them by itself.
ENTRYPOINT ["/opt/enlist/bin/enlist", "run", "/etc/enlist.yaml", "--"]
CMD ["/app"]
