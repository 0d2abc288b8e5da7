"""The project as it is shipped: built, and installed into an environment of its own, once for all workers of a test run."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.npm_install import only_one

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".*_cache", ".venv", ".hypothesis", "__pycache__", "*.egg-info", "build", "dist"
)


class BuildError(Exception):
    """It cannot be built, or not installed."""


def folder_of_run(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all workers of this test run have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def distribution(shared: Path) -> Path:
    """Return the folder with the wheel and the sdist, built from a copy so that nothing is left in the tree.

    Args:
        shared: the folder of the test run.

    Raises:
        BuildError: the build failed, or warned.
    """
    copy = shared / "distribution" / "source"
    with only_one(shared / "distribution.lock"):
        if not (copy / "dist").exists():
            shutil.copytree(ROOT, copy, ignore=LEFT_OUT, dirs_exist_ok=True)
            said = _run([sys.executable, "-m", "build", "--outdir", "half"], copy)
            if "Warning" in said:
                raise BuildError(said)
            (copy / "half").rename(copy / "dist")
    return copy / "dist"


def wheel(shared: Path) -> Path:
    """Return the wheel; see ``distribution``."""
    (found,) = distribution(shared).glob("*.whl")
    return found


def installed(shared: Path) -> Path:
    """Return the scripts of an environment in which the wheel is installed, with what it says it needs.

    Raises:
        BuildError: see ``distribution``; or pip failed.
    """
    built, home = wheel(shared), shared / "installed"
    with only_one(shared / "installed.lock"):
        if not (home / "done").exists():
            venv.create(home, symlinks=True)  # without a pip of its own, which takes four seconds to install
            pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
            _run([*pip, "install", "-q", str(built)], shared)
            (home / "done").touch()
    return home / "bin"


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    said = done.stdout + done.stderr
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return said
