"""The catalog of codes: complete, true, and the same on the page as in the command.

A new code without an entry fails here. Write the entry into ``runner/report/codes.toml``, then let

    ENLIST_UPDATE_GOLDEN=1 pytest tests/report/test_codes.py

write ``schemas/CODES.md`` anew.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.code_examples import example_of, found_in

from runner.cli import main
from runner.config.lint import warning
from runner.model.diagnostic import Severity
from runner.report.codes import Entry, as_markdown, as_text, load_catalog

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "schemas" / "CODES.md"
UPDATE = os.environ.get("ENLIST_UPDATE_GOLDEN") == "1"
CATALOG = load_catalog()
WITH_EXAMPLES = [entry for entry in CATALOG.values() if entry.wrong]
NEEDS_NO_EXAMPLE = {"E206"}
"""What no file can produce: the net below the words for the schema's keywords."""
HEAD = """\
# Codes of findings

What `enlist validate` and `enlist run` can say about a file; `enlist explain CODE` prints the same, offline. An example
shows the part of a file that matters.

This page is made from `runner/report/codes.toml`; do not edit it."""
FAMILIES = {
    "E1": "E1xx: the text and its YAML",
    "E2": "E2xx: the shape of the file",
    "E3": "E3xx: what belongs together",
    "E4": "E4xx: placeholders and the environment",
    "E5": "E5xx: not there yet",
    "W5": "W5xx: advice",
}


def code_of(entry: Entry) -> str:
    return entry.code


def codes_in_sources() -> dict[str, str]:
    """Every code that the package can produce, and a module that does."""
    modules = (path for path in (ROOT / "runner").rglob("*.py") if path.parent.name != "report")
    return {
        code: str(path.relative_to(ROOT))
        for path in modules
        for code in re.findall(r'"([EW][0-9]{3})"', path.read_text(encoding="utf-8"))
    }


def page(catalog: Mapping[str, Entry]) -> str:
    """The page of all codes."""
    parts = [HEAD]
    for family, title in FAMILIES.items():
        entries = [entry for entry in catalog.values() if entry.code.startswith(family)]
        if entries:
            parts.append(f"## {title}")
        parts += [f"### {entry.code}: {entry.title}\n\n{as_markdown(entry)}" for entry in entries]
    return "\n\n".join(parts) + "\n"


def test_every_code_is_in_the_catalog() -> None:
    produced = codes_in_sources()
    missing = {code: module for code, module in produced.items() if code not in CATALOG}

    assert missing == {}, "write an entry for each of these into runner/report/codes.toml"


def test_every_entry_is_about_a_code_that_something_produces() -> None:
    assert sorted(CATALOG.keys() - codes_in_sources().keys()) == []


@pytest.mark.parametrize("entry", CATALOG.values(), ids=code_of)
def test_an_entry_says_what_and_why_in_few_words(entry: Entry) -> None:
    assert re.fullmatch("[EW][0-9]{3}", entry.code)
    assert entry.code[:2] in FAMILIES
    assert 0 < len(entry.title) <= 70
    assert not entry.title.endswith(".")
    assert entry.why.endswith(".")
    assert entry.kind in {"part", "whole", "shell"}
    assert (entry.wrong is None) == (entry.right is None) == (entry.code in NEEDS_NO_EXAMPLE)


@pytest.mark.parametrize("entry", WITH_EXAMPLES, ids=code_of)
def test_the_wrong_example_is_refused_with_its_code_and_the_right_one_is_not(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert entry.wrong
    assert entry.right
    wrong = example_of(entry, entry.wrong, tmp_path)
    if wrong is None:
        main(["validate", "enlist.yaml"])
        assert f"error[{entry.code}]" in capsys.readouterr().out
    else:
        found = found_in(entry.code, wrong)
        if entry.code == "E120":
            found = found[-1:]  # the word on those that are not shown follows those that are
        assert {(each.code, each.severity) for each in found} == {(entry.code, entry.severity)}
    right = example_of(entry, entry.right, tmp_path)
    assert right is not None

    assert found_in(entry.code, right) == ()


def test_the_linter_and_the_catalog_name_a_warning_alike() -> None:
    titles = {code: entry.title for code, entry in CATALOG.items() if entry.severity is Severity.WARNING}

    assert titles == warning.CODES


@pytest.mark.parametrize("entry", CATALOG.values(), ids=code_of)
def test_explain_prints_the_entry_and_nothing_that_a_terminal_would_obey(
    entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", entry.code]) == 0
    printed = capsys.readouterr()

    assert printed.err == ""
    assert printed.out == as_text(entry) + "\n"
    assert printed.out.startswith(f"{entry.severity}[{entry.code}]: {entry.title}\n")
    assert printed.out.replace("\n", "").isprintable()
    words = ("made by:", "mended by:") if entry.kind == "shell" else ("wrong:", "right:")
    assert [word in printed.out.splitlines() for word in words] == [bool(entry.wrong), bool(entry.right)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("E299", "there is no code E299; did you mean E219?"),
        ("E999", "there is no code E999; codes begin with E1, E2, E3, E4, E5 or W5"),
        ("W000", "no code W000"),
    ],
)
def test_an_unknown_code_is_usage(code: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 2
    printed = capsys.readouterr()

    assert printed.out == ""
    assert words in printed.err


def test_a_code_takes_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explain", "E203", "--status", "400"])

    assert ended.value.code == 2
    assert "E203 is a code" in capsys.readouterr().err


def test_a_file_that_is_called_like_a_code_can_still_be_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "./E203", "--status", "400"]) == 1
    assert "error[E100]" in capsys.readouterr().err


def test_the_page_of_codes_is_up_to_date() -> None:
    written = page(CATALOG)
    if UPDATE:
        PAGE.write_text(written, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == written, "ENLIST_UPDATE_GOLDEN=1 writes it anew"
