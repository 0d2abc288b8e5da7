"""The record for SchemaStore's catalog, by which editors find the schema without a first line in the file.

It names what three other places name: the schema's own address, and the files that hook and commands read.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas" / "enlist.v1.schema.json").read_text(encoding="utf-8"))
RECORD: dict[str, Any] = json.loads((ROOT / "schemas" / "catalog.json").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_the_record_has_the_keys_that_the_catalog_asks_for() -> None:
    assert list(RECORD) == ["name", "description", "fileMatch", "url"]
    assert RECORD["name"] == "enlist"


def test_the_record_says_of_the_schema_what_the_schema_says_of_itself() -> None:
    assert RECORD["url"] == SCHEMA["$id"]
    assert f"{RECORD['description']}." == SCHEMA["description"]


def test_the_record_matches_the_names_that_only_our_files_have() -> None:
    assert RECORD["fileMatch"] == ["enlist.yaml", "*.enlist.yaml"]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_hooks_take_every_file_that_an_editor_takes_for_ours(hook: dict[str, Any]) -> None:
    files = re.compile(hook["files"])
    names = [pattern.replace("*", "pool") for pattern in RECORD["fileMatch"]]

    for name in names:
        for path in (name, f"deploy/{name}", f"a/b.c/{name}"):
            assert files.search(path), path
    for path in (
        "my-enlist.yaml",
        "enlist.yaml.j2",
        "deploy/.enlist.yaml",
        "enlist/values.yaml",
        "enlist.json",
    ):
        assert not files.search(path), path
