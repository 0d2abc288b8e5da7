"""The example's image, built from its own Dockerfile on a base of our own: no part of the build has a network."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.distribution import wheel
from support.machine import FetchError, base_archive
from support.npm_install import cache_folder, only_one
from support.podman import Podman

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "container"
BASE, IMAGE, TESTED = "localhost/enlist-base", "localhost/enlist-example", "localhost/enlist-tested"

_TESTED = f"""\
FROM {IMAGE}
COPY app.py /srv/app.py
CMD ["python3", "/srv/app.py"]
"""


def build_images(podman: Podman) -> None:
    """Build the base, the example's image as it is, and that with the application of these tests."""
    work = podman.folder / "work"
    with ThreadPoolExecutor() as pool:
        shared = podman.folder.parent
        archive, built, wheels = pool.submit(base_archive), pool.submit(wheel, shared), pool.submit(_wheels)
        podman.run("import", "--quiet", str(archive.result()), BASE)
        context = example_context(work / "context", built.result())
        build(podman, context, wheels.result(), IMAGE)
    tested = work / "tested"
    tested.mkdir()
    (tested / "Dockerfile").write_text(_TESTED, encoding="utf-8")
    shutil.copy(Path(__file__).with_name("container_app.py"), tested / "app.py")
    podman.run("build", "--quiet", "--network=none", "--format=docker", f"--tag={TESTED}", str(tested))


def example_context(folder: Path, wheel: Path) -> Path:
    """Make the folder that the example is built from, as its first lines say."""
    shutil.copytree(EXAMPLE, folder)
    shutil.copy(wheel, folder)
    return folder


def build(
    podman: Podman, context: Path, wheels: Path, tag: str, *, file: str = "Dockerfile", check: bool = True
) -> str:
    """Build an example; returns what was said. What pip would ask the index for lies in a mounted folder."""
    conf = podman.folder / "work" / "pip.conf"
    conf.write_text("[global]\nno-index = true\nfind-links = /wheels\n", encoding="utf-8")
    done = podman.run(
        "build", "--network=none", "--format=docker", "--pull=never", f"--build-arg=BASE={BASE}", f"--tag={tag}", f"--file={context / file}",
        f"--volume={wheels}:/wheels:ro", f"--volume={conf}:/etc/pip.conf:ro", str(context), check=check,
    )  # fmt: skip
    return done.stdout + done.stderr


def _wheels() -> Path:
    """Return a folder with what requirements.txt pins, for this machine; a wrong hash there is an error here."""
    requirements = EXAMPLE / "requirements.txt"
    folder = cache_folder(f"wheels-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}")
    with only_one(folder / ".lock"):
        if not (folder / ".complete").exists():
            machine = platform.machine()
            platforms = [
                f"--platform={name}_{machine}"
                for name in ("manylinux_2_17", "manylinux_2_28", "manylinux2014")
            ]
            _run([
                sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps",
                "--python-version=3.11", *platforms, f"--requirement={requirements}", f"--dest={folder}",
            ])  # fmt: skip
            (folder / ".complete").touch()
    return folder


def wheels() -> Path:
    """Return the folder with what requirements.txt pins, once it is there."""
    return _wheels()


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=180
    )
    if done.returncode != 0:
        raise FetchError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
