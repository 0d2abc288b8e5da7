"""What is written down works: every YAML block of the README and every example loads, validates and passes.

An example is copied before it is read, so a wrong one costs more than none.
"""

import re
from pathlib import Path

import pytest

from runner.cli import main
from runner.config.loader import Loaded, load
from runner.config.scenarios import load_scenario

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LONGEST_LINE = 120
PAGES = [ROOT / "README.md", *sorted((ROOT / ".github").glob("*.md"))]
BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*") if path.suffix in {".yaml", ".yml"})
RECIPES = sorted((ROOT / "runner" / "recipes").glob("*.enlist.yaml"))
FILES = [
    path
    for path in [*EXAMPLES, *RECIPES]
    if re.search(r"^version:", path.read_text(encoding="utf-8"), re.MULTILINE)
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


SCENARIO = "version: 1\ntitle:"
"""How a scenario begins, which is no file to run."""


def yaml_blocks() -> list[str]:
    """The README's blocks marked as YAML, without the indentation of a list they may stand in."""
    return [
        re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
        for indent, language, text in BLOCK.findall(README)
        if language in {"yaml", "yml"} and not text.lstrip().startswith(SCENARIO)
    ]


def findings(loaded: Loaded) -> list[str]:
    return [f"{each.span}: {each.message}" for each in loaded.diagnostics]


def is_whole(block: str) -> bool:
    return re.match(r"(#[^\n]*\n|\s*\n)*version:", block) is not None


def test_every_whole_file_in_the_readme_is_right() -> None:
    blocks = [block for block in yaml_blocks() if is_whole(block)]
    if not README.strip():
        pytest.skip("the README is not written yet")

    assert blocks
    assert [findings(load(block.encode(), "README.md")) for block in blocks] == [[] for _ in blocks]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_read_without_scrolling_sideways(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    copied = "python3 "  # commands stay in one piece

    assert [line for line in lines if len(line) > LONGEST_LINE and not line.startswith(copied)] == []


def test_the_readme_soon_shows_the_entrypoint() -> None:
    lines = README.splitlines()

    assert lines.index("## At the entrypoint") < len(lines) / 3


def test_the_scenario_of_the_readme_is_right() -> None:
    (text,) = (text for _, _, text in BLOCK.findall(README) if text.lstrip().startswith(SCENARIO))

    assert load_scenario(text.encode(), "README.md").diagnostics == ()


def test_the_worked_example_of_the_readme_is_the_file_of_that_name() -> None:
    block, _ = [block for block in yaml_blocks() if "tests:" in block]
    file = ROOT / "examples" / "own-api" / "instance.enlist.yaml"

    assert block in file.read_text(encoding="utf-8")


def test_the_whole_life_that_the_readme_shows_is_as_it_says(tmp_path: Path) -> None:
    _, block = [block for block in yaml_blocks() if "tests:" in block]
    (tmp_path / "enlist.yaml").write_text(block, encoding="utf-8")

    assert main(["test", str(tmp_path / "enlist.yaml")]) == 0


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))

    assert [
        each for each in links if not each.startswith("https:") and not (page.parent / each).exists()
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:runner|tests|schemas|examples)/[\w./-]*)`", page.read_text(encoding="utf-8"))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_part_of_a_file_in_the_readme_fits_into_a_right_file() -> None:
    minimal = {
        "endpoints": 'endpoints:\n  engine: {url: "http://127.0.0.1:6420"}\n',
        "registrations": "registrations:\n  web: {endpoint: engine, request: {method: PUT, path: /services/web}}\n",
    }
    for block in yaml_blocks():
        keys = re.findall(r"^([a-z_]+):", block, re.MULTILINE)
        if is_whole(block) or not set(keys) & {
            "variables",
            "endpoints",
            "retry_policies",
            "failure_classes",
            "registrations",
            "lifecycle",
            "report",
            "tests",
        }:
            continue
        rest = "".join(text for key, text in minimal.items() if key not in keys)
        loaded = load(f"version: 1\n{rest}{block}".encode(), "README.md")
        shape = [
            text
            for text, each in zip(findings(loaded), loaded.diagnostics, strict=True)
            if each.code < "E300"
        ]

        assert shape == [], block


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_example_is_right(path: Path) -> None:
    loaded = load(path.read_bytes(), path.name)

    assert findings(loaded) == []
    assert loaded.plan is not None


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_example_s_own_tests_pass(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = load(path.read_bytes(), path.name)
    assert loaded.plan is not None
    if not loaded.plan.tests:
        pytest.skip("has no tests of its own")
    status = main(["test", "--seeds", "3", str(path)])

    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_every_example_names_its_schema_for_the_editor(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path not in FILES:
        pytest.skip("not a file of ours")
    found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)

    assert found
    assert found[1].startswith("https://") or (path.parent / found[1]).resolve().exists()
