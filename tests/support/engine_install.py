"""The Rivet engine's executable, installed from npm once for all test runs of a machine."""

import json
from pathlib import Path

from support.npm_install import InstallError, cache_folder, npm_install, only_one

VERSION = "2.3.19"
PACKAGE = "@rivetkit/engine-cli"


def installed_engine() -> Path:
    """Return the engine's executable, installed now if it is not there.

    Raises:
        NoNpmError: it is not there and there is no npm.
        InstallError: npm failed, or installed nothing for this platform.
    """
    folder = cache_folder("engine")
    with only_one(folder / ".lock"):
        found = _find(folder)
        if found is None:
            npm_install(folder, f"{PACKAGE}@{VERSION}")
            found = _find(folder)
    if found is None:
        raise InstallError(f"{PACKAGE}@{VERSION} has no executable for this platform in {folder}")
    return found


def _find(folder: Path) -> Path | None:
    """Find the executable; a platform's package holds it, and carries the version."""
    for executable in folder.glob(f"node_modules/{PACKAGE}-*/rivet-engine"):
        package = json.loads((executable.parent / "package.json").read_text(encoding="utf-8"))
        if package["version"] == VERSION:
            return executable
    return None
