"""Programs that come from npm, installed once for all test runs of a machine."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class NoNpmError(Exception):
    """The program is not installed and npm, which could install it, does not exist."""


class InstallError(Exception):
    """npm did not install the program."""


def cache_folder(name: str) -> Path:
    """Return the folder in which something is kept from one test run to the next."""
    cache = Path(os.environ.get("ENLIST_TEST_CACHE") or Path.home() / ".cache" / "enlist-tests")
    (cache / name).mkdir(parents=True, exist_ok=True)
    return cache / name


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Parallel workers wait for the one that installs; the lock goes with the process that holds it."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def npm_install(folder: Path, package: str, *options: str) -> None:
    """Install a package, named with its version, into a folder.

    Raises:
        NoNpmError: there is no npm.
        InstallError: npm failed.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NoNpmError(f"{package} is not in {folder}, and there is no npm to install it with")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", *options, package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise InstallError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def installed_or_skipped(install: Callable[[], Path], name: str) -> Path:
    """Install; without npm the test is skipped, which is a failure where nobody is to see a skip."""
    try:
        return install()
    except NoNpmError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"NOT TESTED AGAINST {name}: {error}")
    except InstallError as error:
        pytest.fail(str(error))
