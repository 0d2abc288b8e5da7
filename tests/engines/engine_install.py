"""The Rivet engine's executable, installed from npm once for all test runs of a machine."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "2.3.19"
PACKAGE = "@rivetkit/engine-cli"


class NoNpmError(Exception):
    """The engine is not installed and npm, which could install it, does not exist."""


class InstallError(Exception):
    """npm did not install the engine."""


def installed_engine() -> Path:
    """Return the engine's executable, installed now if it is not there.

    Raises:
        NoNpmError: it is not there and there is no npm.
        InstallError: npm failed, or installed nothing for this platform.
    """
    folder = _cache() / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder / ".lock"):
        found = _find(folder)
        if found is None:
            _install(folder)
            found = _find(folder)
    if found is None:
        raise InstallError(f"{PACKAGE}@{VERSION} has no executable for this platform in {folder}")
    return found


def _cache() -> Path:
    return Path(os.environ.get("ENLIST_TEST_CACHE") or Path.home() / ".cache" / "enlist-tests")


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Parallel workers wait for the one that installs; the lock goes with the process that holds it."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _find(folder: Path) -> Path | None:
    """Find the executable; a platform's package holds it, and carries the version."""
    for executable in folder.glob(f"node_modules/{PACKAGE}-*/rivet-engine"):
        package = json.loads((executable.parent / "package.json").read_text(encoding="utf-8"))
        if package["version"] == VERSION:
            return executable
    return None


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoNpmError(f"the Rivet engine is not in {folder}, and there is no npm to install it with")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"{PACKAGE}@{VERSION}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise InstallError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
