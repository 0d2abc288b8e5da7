"""JUnit XML as CI systems read it: through a parser that is not ours."""

from typing import Any

import pytest
from junitparser import xunit2
from support.harness import play
from support.report_runs import HEAD, RUNS, hostile_run, played

from runner.model.outcome import Report
from runner.report.junit import render_junit
from runner.report.lost import lost_of

VERDICTS = {
    "refused for good": "failure",
    "denied": "failure",
    "all attempts used": "failure",
    "asked to wait too long": "failure",
    "not confirmed": "failure",
    "deadline reached": "error",
    "unknown": "error",
    "a bug": "error",
    "interrupted": "error",
    "interrupted while under way": "error",
    "nothing to deregister": "skipped",
}


def suite_of(report: Report) -> Any:
    """Return the only suite, as the parser reads it."""
    parsed: Any = xunit2.JUnitXml.fromstring(render_junit(report).encode())
    (suite,) = parsed
    return suite


def cases_of(report: Report) -> list[Any]:
    return list(suite_of(report))


@pytest.mark.parametrize("name", [name for name in RUNS if name != "several"])
def test_a_registration_is_a_test_case_with_the_verdict_of_its_end(name: str) -> None:
    (case,) = cases_of(played(name).report)
    expected = VERDICTS.get(name)

    assert case.name == "r"
    assert case.is_passed is (expected is None)
    assert [type(each).__name__.lower() for each in case.result] == ([expected] if expected else [])


@pytest.mark.parametrize("name", RUNS)
def test_the_counts_of_the_suite_are_those_of_its_cases(name: str) -> None:
    report = played(name).report
    suite, cases = suite_of(report), cases_of(report)

    assert suite.tests == len(cases) == len(report.outcomes)
    assert suite.failures == sum(case.is_failure for case in cases)
    assert suite.errors == sum(case.is_error for case in cases)
    assert suite.skipped == sum(case.is_skipped for case in cases)


@pytest.mark.parametrize("name", RUNS)
def test_a_success_after_retries_has_one_flaky_failure_for_each_lost_attempt(name: str) -> None:
    report = played(name).report

    for outcome, case in zip(report.outcomes, cases_of(report), strict=True):
        flaky = case.flaky_failures()
        lost = lost_of(outcome) if outcome.state.succeeded else []
        assert [(each.type, each.message) for each in flaky] == [
            (each.class_name, each.message) for each in lost
        ]


def test_what_a_retry_and_a_verification_mended_is_flaky_and_what_counts_as_a_success_is_not() -> None:
    def flaky(name: str) -> int:
        return len(cases_of(played(name).report)[0].flaky_failures())

    assert (flaky("registered"), flaky("registered after retries")) == (0, 2)
    assert (flaky("already registered"), flaky("lost and then confirmed")) == (0, 1)


def test_attempts_waits_class_and_exit_status_are_properties() -> None:
    (case,) = cases_of(played("all attempts used").report)
    facts = {each.name: each.value for each in case.properties()}

    assert facts == {
        "outcome": "failed",
        "required": "true",
        "attempts": "3",
        "waits": "2",
        "waited_s": "2.000",
        "class": "unavailable",
        "reason": "attempts",
        "exit_status": "75",
        "place": "enlist.yaml:4:17",
    }


def test_a_failure_says_first_what_the_server_said_and_then_how_it_came_to_that() -> None:
    (case,) = cases_of(played("refused for good").report)
    (failure,) = case.result

    assert failure.type == "told"
    assert failure.message == 'answered 422 Unprocessable Entity: "no such pool"'
    assert "hint: look it up" in failure.text
    assert "0.000 s register #1: PUT http://h/a: 422, told: " in failure.text


OPTIONAL = "registrations:\n  r: {required: false, request: {method: PUT, path: /a}}\n"
NEEDED = OPTIONAL + "  q: {needs: [r], request: {method: PUT, path: /b}}\n"


@pytest.mark.parametrize("given", ["[{status: 422}]", "[{error: read-timeout}]"])
def test_an_optional_failure_turns_no_build_red_and_is_still_told(given: str) -> None:
    report = play(HEAD + OPTIONAL, given).report
    (case,) = cases_of(report)
    (skipped,) = case.result

    assert report.exit_status == 0
    assert case.is_skipped
    assert skipped.message.startswith("optional, and failed: enlist.yaml:5:3 registrations.r: ")


def test_a_build_is_red_when_something_required_needed_the_optional_one_that_failed() -> None:
    report = play(HEAD + NEEDED, "[{status: 422}]").report
    first, second = cases_of(report)

    assert report.exit_status == 76
    assert (first.is_skipped, second.is_error) == (True, True)
    assert "it needs r, which is failed" in second.result[0].message


def test_hostile_words_make_no_element_no_attribute_and_no_line_of_their_own() -> None:
    report = hostile_run()
    document = render_junit(report)
    failed, stands, skipped = cases_of(report)

    assert "<script" not in document
    assert all(line.isprintable() for line in document.splitlines())
    assert [type(each).__name__ for each in failed.result] == ["Error"]
    assert next(each.name for each in failed.properties()) == "outcome"
    assert len(stands.flaky_failures()) == 1
    assert skipped.is_skipped
    assert failed.name is not None
    assert "\\u202e</title>" in failed.name
