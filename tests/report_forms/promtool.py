"""Debian's promtool, fetched once for all test runs of a machine; the package is unpacked and not installed."""

import shutil
import subprocess
from pathlib import Path

from engines.npm_install import cache_folder, only_one


class NoAptError(Exception):
    """The program is not there, and nothing that could fetch it either."""


class FetchError(Exception):
    """The package could not be fetched."""


def fetched_promtool() -> Path:
    """Return the program, fetched now if it is not there.

    Raises:
        NoAptError: it is not there and there is no apt.
        FetchError: apt or dpkg failed.
    """
    if installed := shutil.which("promtool"):
        return Path(installed)
    folder = cache_folder("prometheus")
    program = folder / "usr" / "bin" / "promtool"
    with only_one(folder / ".lock"):
        if not program.exists():
            _fetch(folder)
    if not program.exists():
        raise FetchError(f"the package prometheus has no {program.relative_to(folder)}")
    return program


def _fetch(folder: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise NoAptError(
            f"promtool is neither installed nor in {folder}, and there is no apt-get to fetch it with"
        )
    try:
        _run(["apt-get", "-q", "download", "prometheus"], folder)
    except FetchError:
        # A new machine has no lists of packages yet, or old ones.
        _run(["apt-get", "-q", "update"], folder)
        _run(["apt-get", "-q", "download", "prometheus"], folder)
    for package in folder.glob("prometheus_*.deb"):
        _run(["dpkg", "--fsys-tarfile", str(package)], folder, into=folder / "unpacked.tar")
        _run(["tar", "-xf", "unpacked.tar", "./usr/bin/promtool"], folder)
        package.unlink()
    (folder / "unpacked.tar").unlink(missing_ok=True)


def _run(command: list[str], folder: Path, into: Path | None = None) -> None:
    with (into or folder / "log").open("wb") as out:
        done = subprocess.run(
            command, cwd=folder, stdout=out, stderr=subprocess.PIPE, timeout=300, check=False
        )
    if done.returncode != 0:
        raise FetchError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()}")
