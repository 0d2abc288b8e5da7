"""Images that have nothing to run enlist with but the folder: an empty one, one of musl, one of an old C library."""

import shutil
from pathlib import Path

from support.distribution import wheel
from support.image import BASE, EXAMPLE, build, wheels
from support.machine import old_archive
from support.podman import Podman

FOLDER = EXAMPLE.parent / "any-image"
ENLIST = "localhost/enlist"
"""What the examples call it."""
SCRATCH, MUSL, OLD = "localhost/enlist-scratch", "localhost/enlist-musl", "localhost/enlist-old"
COMPILE = """
gcc -O1 -static -s -o app app.c
musl-gcc -O1 -s -o app-of-musl app.c
cp -L /lib/ld-musl-*.so.1 .
"""
OTHERS = {
    MUSL: f"FROM {SCRATCH}\nCOPY ld-musl-*.so.1 /lib/\nCOPY app-of-musl /app\n",
    OLD: f"""\
FROM {OLD}-base
COPY --from={SCRATCH} / /
USER 65532:65532
ENTRYPOINT ["/opt/enlist/bin/enlist", "run", "/etc/enlist.yaml", "--"]
CMD ["/bin/dash", "-c", "echo \\"app: preload $LD_PRELOAD\\"; exec /app"]
""",
}


def build_any_images(podman: Podman) -> None:
    """Build the image of the folder, as its example says, and those that take the folder over."""
    work = podman.folder / "work"
    context = work / "examples"
    for each in (FOLDER, EXAMPLE):
        shutil.copytree(each, context / each.name)
    shutil.copy(wheel(podman.folder.parent), context)
    build(podman, context, wheels(), ENLIST, file="any-image/Dockerfile")
    podman.run("import", "--quiet", str(old_archive()), f"{OLD}-base")
    app = _with_app(podman, work / "app")
    build(podman, app, wheels(), SCRATCH, file="scratch.Dockerfile")
    for tag, text in OTHERS.items():
        (app / "Dockerfile").write_text(text, encoding="utf-8")
        build(podman, app, wheels(), tag)


def _with_app(podman: Podman, context: Path) -> Path:
    """Make the folder that the examples are built from, with an application in it."""
    shutil.copytree(FOLDER, context)
    shutil.copy(Path(__file__).with_name("static_app.c"), context / "app.c")
    mount, here = f"--volume={context}:/app", "--workdir=/app"
    podman.run("run", "--rm", "--network=none", mount, here, BASE, "sh", "-ec", COMPILE)
    return context
