# A service for Node.js and enlist as its entrypoint. It needs the image `enlist`, which the Dockerfile beside this file
# makes:
#
#   docker build -t web -f examples/any-image/node.Dockerfile examples/any-image
#
# Alpine's Node (`node:22-alpine`) goes as well: enlist uses nothing of the image that it is in.
ARG BASE=docker.io/library/node:22-slim
FROM ${BASE}

COPY --from=enlist /opt/enlist /opt/enlist
COPY --from=enlist --chown=1000:1000 /run /run
COPY enlist.yaml /etc/enlist.yaml
COPY server.mjs /srv/server.mjs

# A mistake in the file fails the build and not the rollout.
RUN ["/opt/enlist/bin/enlist", "validate", "--strict", "/etc/enlist.yaml"]
RUN ["/opt/enlist/bin/enlist", "test", "/etc/enlist.yaml"]

# As a number, since Kubernetes cannot see from a name that it is not root. This one is `node`.
USER 1000:1000

EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=120s CMD ["/opt/enlist/bin/enlist", "status", "--ready"]

# No `env` for early signals: this enlist keeps them by itself.
ENTRYPOINT ["/opt/enlist/bin/enlist", "run", "/etc/enlist.yaml", "--"]
CMD ["node", "/srv/server.mjs"]
