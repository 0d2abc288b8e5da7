"""``enlist init`` writes a file that is right as it stands: checked, tested and run before a word was changed."""

import re
from pathlib import Path

import pytest
from support.init_command import ROOT, run

from runner.commands.arguments import KINDS
from runner.commands.init import template

SCHEMA_URL = "https://enlist.dev/schemas/enlist.v1.schema.json"


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_writes_is_clean_and_its_tests_pass(tmp_path: Path, kind: str) -> None:
    written = run("init", kind, cwd=tmp_path)
    checked, tested = run("validate", cwd=tmp_path), run("test", cwd=tmp_path)

    assert (written.returncode, written.stdout) == (0, "")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert re.search(r"^[3-9] passed, 0 failed$", tested.stdout, re.MULTILINE), tested.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_writes_registers_with_the_sandbox_over_real_sockets(tmp_path: Path, kind: str) -> None:
    run("init", kind, cwd=tmp_path)
    ended = run("sandbox", "--run", "enlist.yaml", cwd=tmp_path)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"^registered \w+ \(\d+ requests in ", ended.stderr, re.MULTILINE), ended.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_writes_is_found_by_editors_explained_and_not_too_wide(kind: str) -> None:
    lines = template(kind).splitlines()

    assert lines[0] == f"# yaml-language-server: $schema={SCHEMA_URL}"
    assert "enlist init --schema" in template(kind)
    assert sum("#" in line for line in lines) >= 10
    assert max(len(line) for line in lines) <= 130


def test_there_is_a_kind_for_each_file_and_a_file_for_each_kind() -> None:
    folder = ROOT / "runner" / "recipes" / "init"

    assert {f"{kind}.enlist.yaml" for kind in KINDS} == {path.name for path in folder.iterdir()}
