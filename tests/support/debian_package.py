"""Debian's programs, fetched once for all test runs of a machine; a package is unpacked and not installed."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.npm_install import cache_folder, only_one

_MIRROR = re.compile(r"https?://[^ ]+/debian(?=/? |/?$)", re.MULTILINE)


class NoAptError(Exception):
    """The program is not there, and nothing that could fetch it either."""


class FetchError(Exception):
    """The package could not be fetched."""


def fetched(package: str, program: str, *, suite: str = "") -> Path:
    """Return a program of ``/usr/bin``, fetched now if it is not there.

    Args:
        package: its name.
        program: the program's.
        suite: of Debian, where the machine's own does not have it any more.

    Raises:
        NoAptError: it is not there and there is no apt.
        FetchError: apt or dpkg failed.
    """
    if installed := shutil.which(program):
        return Path(installed)
    folder = cache_folder(package)
    unpacked = folder / "usr" / "bin" / program
    with only_one(folder / ".lock"):
        if not unpacked.exists():
            _fetch(package, program, folder, _of_suite(suite, folder))
    if not unpacked.exists():
        raise FetchError(f"the package {package} has no {unpacked.relative_to(folder)}")
    return unpacked


def unpacked(*packages: str) -> Path:
    """Return the folder of some packages and of what they need that the machine does not have, unpacked.

    Raises:
        NoAptError: they are not there, and there is no apt.
        FetchError: apt or dpkg failed.
    """
    folder = cache_folder("-".join(packages))
    with only_one(folder / ".lock"):
        if not (folder / "done").exists():
            _unpack(packages, folder)
            (folder / "done").touch()
    return folder / "root"


def _unpack(packages: Sequence[str], folder: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise NoAptError(f"{packages[0]} is not in {folder}, and there is no apt-get to fetch it with")
    plan = ["apt-get", "-s", "install", "--no-install-recommends", *packages]
    try:
        _run(plan, folder, into=folder / "plan")
    except FetchError:
        # A new machine has no lists of packages yet, or old ones.
        _run(["apt-get", "-q", "update"], folder)
        _run(plan, folder, into=folder / "plan")
    lines = (folder / "plan").read_text(encoding="utf-8").splitlines()
    needed = {line.split()[1] for line in lines if line.startswith("Inst ")}
    _run(["apt-get", "-q", "download", *sorted(needed | set(packages))], folder)
    for file in folder.glob("*.deb"):
        _run(["dpkg", "-x", str(file), "root"], folder)
        file.unlink()


def _of_suite(suite: str, folder: Path) -> list[str]:
    """Return the options that let apt look at another suite, without touching the system's sources."""
    if not suite:
        return []
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    sources = folder / "sources.list"
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources.write_text(f"deb [signed-by={keys}] {_mirror()} {suite} main\n", encoding="utf-8")
    options = {"Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "-", "Dir::State::Lists": lists}
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


def _mirror() -> str:
    """Return the mirror that the machine takes Debian from."""
    files = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    texts = [each.read_text(encoding="utf-8") for each in files if each.is_file()]
    found = _MIRROR.search("\n".join(texts))
    if found is None:
        raise FetchError("apt's sources name no mirror of Debian")
    return found[0]


def _fetch(package: str, program: str, folder: Path, options: list[str]) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise NoAptError(
            f"{program} is neither installed nor in {folder}, and there is no apt-get to fetch it with"
        )
    try:
        _run(["apt-get", *options, "-q", "download", package], folder)
    except FetchError:
        # A new machine has no lists of packages yet, or old ones.
        _run(["apt-get", *options, "-q", "update"], folder)
        _run(["apt-get", *options, "-q", "download", package], folder)
    for file in folder.glob(f"{package}_*.deb"):
        _run(["dpkg", "--fsys-tarfile", str(file)], folder, into=folder / "unpacked.tar")
        _run(["tar", "-xf", "unpacked.tar", f"./usr/bin/{program}"], folder)
        file.unlink()
    (folder / "unpacked.tar").unlink(missing_ok=True)


def _run(command: list[str], folder: Path, into: Path | None = None) -> None:
    with (into or folder / "log").open("wb") as out:
        done = subprocess.run(
            command, cwd=folder, stdout=out, stderr=subprocess.PIPE, timeout=300, check=False
        )
    if done.returncode != 0:
        raise FetchError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()}")
