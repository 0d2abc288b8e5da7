"""What the formats and the catalog cost: only who asks for them pays.

A hook runs ``validate`` on every commit; the catalog of codes and its parser are of no use to it.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RIGHT = 'version: 1\nendpoints: {e: {url: "http://127.0.0.1:1"}}\nregistrations: {r: {request: {path: /a}}}\n'
HEAVY = {"aiohttp", "asyncio", "loguru", "jmespath", "multiprocessing"}


def loaded_by(folder: Path, *arguments: str) -> set[str]:
    """Return the modules of a fresh process that has run a command."""
    program = (
        "import json, sys\nfrom runner.cli import main\nmain(sys.argv[1:])\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, *arguments],
        cwd=folder, capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_no_format_needs_an_event_loop(tmp_path: Path, form: str) -> None:
    (tmp_path / "f.yaml").write_text(RIGHT.replace("path:", "pfad:"))
    loaded = loaded_by(tmp_path, "validate", "--format", form, "f.yaml")

    assert loaded & HEAVY == set()
    assert ("tomllib" in loaded) == (form == "sarif")


def test_a_hook_pays_for_neither_the_catalog_nor_the_version(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(RIGHT)
    loaded = loaded_by(tmp_path, "validate", "f.yaml")

    assert "tomllib" not in loaded


def test_a_code_is_explained_without_a_reader_of_files(tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, "explain", "E203")

    assert loaded & (HEAVY | {"yaml", "jsonschema", "importlib.metadata"}) == set()
