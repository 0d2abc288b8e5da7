"""Size and form of the code, where a formatter does not look."""

import ast
import inspect
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from runner.engine import events
from runner.model.note import Note
from runner.model.why import Why

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "runner").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FLOWING = [path for path in MODULES if "adapters" not in path.parts]
TOP_LEVEL = {"LICENSE", "README.md", "examples", "pyproject.toml", "runner", "schemas", "tests"}
TRAVELS_ALONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(paths: Iterable[Path]) -> Iterator[tuple[str, ast.Module]]:
    for path in paths:
        yield name_of(path), ast.parse(path.read_text(encoding="utf-8"))


def test_a_module_begins_by_saying_why_it_exists() -> None:
    first_lines = {
        name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in parsed([*MODULES, *TESTS])
    }

    assert [name for name, line in first_lines.items() if not line.endswith((".", ":", "?", ","))] == []


def test_each_package_has_a_charter() -> None:
    folders = {path.parent for path in MODULES}

    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_module_is_longer_than_300_lines() -> None:
    assert [name_of(each) for each in MODULES if each.read_text(encoding="utf-8").count("\n") > 300] == []


def test_no_function_is_longer_than_50_lines() -> None:
    long = [
        f"{name}: {node.name} has {length} lines"
        for name, tree in parsed(MODULES)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 50
    ]

    assert long == []


def test_nothing_is_left_for_later_in_a_comment() -> None:
    left = {name_of(path): TRAVELS_ALONE.findall(path.read_text(encoding="utf-8")) for path in MODULES}

    assert {name: words for name, words in left.items() if words} == {}


def test_a_data_type_is_frozen_and_has_slots() -> None:
    loose = [
        f"{name}: {node.name}"
        for name, tree in parsed(FLOWING)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in (written := ast.unparse(decorator))
        and not ("frozen=True" in written and "slots=True" in written)
    ]

    assert loose == []


def test_nothing_stands_at_the_top_but_what_the_design_names() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
    ).stdout
    names = {path.partition("/")[0] for path in listed.split("\0") if path}

    assert {name for name in names if not name.startswith(".")} - TOP_LEVEL == set()
    assert {"pyproject.toml", "runner", "LICENSE"} <= names


def test_the_engine_and_the_session_tell_fields_and_leave_the_words_to_reports() -> None:
    """An event or a note is given no text with a space in it, and none that is put together."""
    told = {
        *("RunEvent", "Attempt", "Outcome"),
        *(each.__name__ for each in (*get_args(Note), *get_args(Why))),
        *(name for name, _ in inspect.getmembers(events, inspect.isfunction)),
    }
    worded = [
        f"{name}:{text.lineno}"
        for name, tree in parsed(path for path in MODULES if {"engine", "session"} & set(path.parts))
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in told
        for text in ast.walk(call)
        if isinstance(text, ast.JoinedStr)
        or (isinstance(text, ast.Constant) and isinstance(text.value, str) and " " in text.value.strip())
    ]

    assert worded == []
