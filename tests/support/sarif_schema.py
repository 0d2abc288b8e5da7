"""The published schema of SARIF 2.1.0, from the npm package in which Microsoft's SDK ships it."""

import json
from pathlib import Path
from typing import Any

from support.npm_install import InstallError, cache_folder, npm_install, only_one

VERSION = "1.0.0-beta.0"
PACKAGE = "@microsoft/jest-sarif"
FILE = "lib/schemas/sarif-2.1.0-rtm.5.json"


def installed_schema() -> Path:
    """Return the schema's file, installed now if it is not there.

    Raises:
        NoNpmError: it is not there and there is no npm.
        InstallError: npm failed, or the package has no schema.
    """
    folder = cache_folder("sarif")
    schema = folder / "node_modules" / PACKAGE / FILE
    with only_one(folder / ".lock"):
        if not schema.exists():
            npm_install(folder, f"{PACKAGE}@{VERSION}")
    if not schema.exists():
        raise InstallError(f"{PACKAGE}@{VERSION} has no {FILE}")
    return schema


def read_schema(path: Path) -> dict[str, Any]:
    """Return a schema as data."""
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
