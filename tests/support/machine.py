"""What the container tests need of a machine: podman and a Debian base image, fetched once for all test runs.

Both come from Debian's packages, so root on Debian is what it takes; elsewhere the tests are skipped.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.npm_install import cache_folder, only_one

PACKAGES = ("podman", "runc", "netavark", "mmdebstrap", "catatonit")
PROGRAMS = ("podman", "runc", "mmdebstrap")
SUITE = "bookworm"
"""Its Python is 3.11, for which requirements.txt of the example pins wheels."""

INSIDE = "python3-pip,ca-certificates,gcc,libc6-dev,musl-tools"
OLD_SUITE = "bullseye"
"""The oldest that mirrors still have."""

LEFT_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*")


class NotHereError(Exception):
    """This machine can neither run containers nor be made to."""


class FetchError(Exception):
    """A package or the base could not be fetched."""


def install_podman() -> None:
    """Install what is missing.

    Raises:
        NotHereError: something is missing, and this is not Debian, or we are not root.
        FetchError: apt failed.
    """
    with only_one(cache_folder("containers") / ".install-lock"):
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
        if os.geteuid() != 0:
            raise NotHereError("only root may run these containers")
        if "debian" not in _os_release():
            raise NotHereError("the packages and the base image are Debian's, and this is another system")
        if missing:
            _apt_install()


def base_archive() -> Path:
    """Return the root file system of a small Debian with Python and compilers, made now if it is not there.

    Raises:
        FetchError: it could not be made.
    """
    return _archive(SUITE, "essential", INSIDE)


def old_archive() -> Path:
    """Return one with a shell and an old C library.

    Raises:
        FetchError: it could not be made.
    """
    return _archive(OLD_SUITE, "extract", "dash")


def _archive(suite: str, variant: str, inside: str) -> Path:
    folder = cache_folder("containers")
    archive = folder / f"{suite}-{inside}.tar"
    with only_one(folder / f".{suite}-lock"):
        if not archive.exists():
            half = archive.with_suffix(".half.tar")
            excluded = [f"--dpkgopt=path-exclude={each}" for each in LEFT_OUT]
            _run(
                ["mmdebstrap", "--quiet", f"--variant={variant}", f"--include={inside}", *excluded, suite, str(half), *_mirror()],
            )  # fmt: skip
            half.rename(archive)
    return archive


def _os_release() -> str:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^ID=(\S+)$", text, re.MULTILINE)
    return found[1] if found else ""


def _apt_install() -> None:
    command = ["apt-get", "-q", "-y", "install", "--no-install-recommends", *PACKAGES]
    try:
        _run(command)
    except FetchError:
        # A new machine has no lists of packages yet, or old ones.
        _run(["apt-get", "-q", "update"])
        _run(command)


def _mirror() -> list[str]:
    """The mirror that this machine is set up with; none means mmdebstrap's own default."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]
    found = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stdout.split()
    return [each.rstrip("/") for each in found if each.rstrip("/").endswith("/debian")][:1]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    if done.returncode != 0:
        raise FetchError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
