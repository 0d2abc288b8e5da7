"""Size and form of the code, where a formatter does not look."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "runner").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FLOWING = [path for path in MODULES if "adapters" not in path.parts]
TOP_LEVEL = {"LICENSE", "README.md", "examples", "pyproject.toml", "runner", "schemas", "tests"}
CORE = ("config", "values", "retry", "engine", "model")
TRAVELS_ALONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines_in(paths: list[Path]) -> int:
    """Count the lines that do something: neither blank nor comment nor docstring."""
    return sum(len(ast.unparse(without_docstrings(path)).splitlines()) for path in paths)


def without_docstrings(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            said = [
                each
                for each in body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
            node.body = said or [ast.Pass()]  # type: ignore[attr-defined]  # whatever has a body
    return tree


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_a_module_begins_by_saying_why_it_exists(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":", "?", ","))


def test_each_package_has_a_charter() -> None:
    folders = {path.parent for path in MODULES}

    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_longer_than_50_lines(path: Path) -> None:
    long = [
        f"{node.name} has {length} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > 50
    ]

    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_left_for_later_in_a_comment(path: Path) -> None:
    assert TRAVELS_ALONE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FLOWING, ids=name_of)
def test_a_data_type_is_frozen_and_has_slots(path: Path) -> None:
    loose = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
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
