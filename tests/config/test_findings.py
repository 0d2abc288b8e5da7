"""Files with very much of something: findings are bounded, and what a file costs grows with its size only."""

import sys
from typing import Any

import pytest
from fuzz.worst import WORST, correct

from runner.config.findings import MAX_CHARS, MAX_FINDINGS
from runner.config.lint.lint import lint
from runner.config.loader import load
from runner.model.diagnostic import Diagnostic, Severity
from runner.report.diagnostics import render_diagnostic

MINIMAL = "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations: {r: {request: {path: /a}}}\n"
SIZE = 30_000
FIXED_CALLS = 300_000
"""What a file may cost besides, whatever its size: the bounded searches for what was meant."""


def findings_of(text: str) -> tuple[Diagnostic, ...]:
    loaded = load(text.encode(), "f.yaml")
    return (*loaded.diagnostics, *lint(loaded))


def calls_of(text: str) -> int:
    """Count the calls that it takes to find and say all that is wrong: the same on every machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        loaded = load(text.encode(), "f.yaml")
        for finding in (*loaded.diagnostics, *lint(loaded)):
            render_diagnostic(finding, loaded.lines)
    finally:
        sys.setprofile(before)
    return calls


@pytest.fixture(scope="module")
def calls_of_a_correct_file() -> int:
    calls_of(correct(1000))  # what is made once is made
    return calls_of(correct(SIZE))


@pytest.mark.parametrize("kind", WORST)
def test_no_file_costs_more_than_four_times_a_correct_one(kind: str, calls_of_a_correct_file: int) -> None:
    assert calls_of(WORST[kind](SIZE)) < 4 * calls_of_a_correct_file + FIXED_CALLS


def test_findings_beyond_a_hundred_are_counted() -> None:
    found = findings_of(MINIMAL + "".join(f"key{number}: 1\n" for number in range(350)))

    assert len(found) == MAX_FINDINGS + 1
    assert (found[-1].code, found[-1].severity) == ("E120", Severity.ERROR)
    assert found[-1].message == "and 250 more, which are not shown"


def test_warnings_beyond_a_hundred_do_not_refuse_the_file() -> None:
    text = MINIMAL + "variables:\n" + "".join(f"  v{number}: {{env: A}}\n" for number in range(150))

    assert load(text.encode(), "f.yaml").plan is not None
    assert {finding.severity for finding in findings_of(text)} == {Severity.WARNING}


def test_a_hundred_findings_are_all_shown() -> None:
    found = findings_of(MINIMAL + "".join(f"key{number}: 1\n" for number in range(MAX_FINDINGS)))

    assert [finding.code for finding in found] == ["E203"] * MAX_FINDINGS


def test_a_text_of_the_file_is_quoted_in_part_only() -> None:
    found = findings_of(MINIMAL + f"{'k' * 5000}: 1\n")

    assert all(len(finding.message) <= MAX_CHARS for finding in found)


def test_a_similar_name_is_found_among_thousands() -> None:
    variables = "".join(f"  variable{number}: {{env: A}}\n" for number in range(3000))
    text = MINIMAL.replace("/a", "'/${var.varible2711}'") + "variables:\n" + variables

    assert 'did you mean "variable2711"?' in [finding.hint for finding in findings_of(text)]
