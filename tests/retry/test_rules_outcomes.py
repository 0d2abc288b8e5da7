"""Several registrations, and the exit status of the whole."""

import itertools

import pytest
from support.harness import play

from runner.report.story import why_of

ANSWERS = {
    77: "{status: 403}",
    76: "{status: 400}",
    74: "{error: read-timeout}",
    75: "{status: 429}",
    9: "{status: 418}",
    16: "{status: 419}",
}
TWO = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 2}}
failure_classes:
  - {name: teapot, match: {status: 418}, action: fail, exit_code: 9}
  - {name: kettle, match: {status: 419}, action: fail, exit_code: 16}
registrations:
  a: {steps: [{name: do-a, request: {method: POST, path: /a}}]}
  b: {steps: [{name: do-b, request: {method: POST, path: /b}}]}
"""
GRAVEST_FIRST = [77, 76, 9, 16, 74, 75]


@pytest.mark.parametrize(("graver", "milder"), list(itertools.combinations(GRAVEST_FIRST, 2)))
def test_of_two_failures_the_graver_gives_the_exit_status(graver: int, milder: int) -> None:
    """77 before 76 before what the file chose before 74 before 75, in whatever order they stand."""
    for a, b in ((graver, milder), (milder, graver)):
        given = f"[{{step: do-a, {ANSWERS[a][1:]}, {{step: do-b, {ANSWERS[b][1:]}]"
        played = play(TWO, given)

        assert [a, b] == [each.exit_status for each in played.report.outcomes]
        assert graver == played.report.exit_status


@pytest.mark.parametrize("status", GRAVEST_FIRST)
def test_one_failure_among_successes_gives_its_exit_status(status: int) -> None:
    """What stands does not hide what fails."""
    played = play(TWO, f"[{{step: do-a, {ANSWERS[status][1:]}, {{step: do-b, status: 200}}]")

    assert status == played.report.exit_status


def test_0_means_that_everything_stands() -> None:
    """Both registered: nothing to say."""
    assert play(TWO, "[{status: 200}]").report.exit_status == 0


NEEDS = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 1}}
registrations:
  last: {needs: [left, right], steps: [{name: last, request: {method: PUT, path: /last}}]}
  left: {needs: [base], steps: [{name: left, request: {method: PUT, path: /left}}]}
  right: {needs: [base], steps: [{name: right, request: {method: PUT, path: /right}}]}
  base: {steps: [{name: base, request: {method: PUT, path: /base}}]}
"""


def test_what_is_needed_comes_first_and_the_rest_as_wide_as_it_can() -> None:
    """Base, then both sides at once, then what needs them both; order in the file does not matter."""
    played = play(NEEDS, "[{status: 200, latency: 1s}]")

    assert [(each.request.step, each.at_s) for each in played.sent] == [
        ("base", 0),
        ("left", 1),
        ("right", 1),
        ("last", 2),
    ]


def test_what_needs_a_failed_one_is_skipped_and_what_needs_that_too() -> None:
    """Nothing is sent for it, and the report says why."""
    last, left, right, base = play(NEEDS, "[{step: base, status: 403}, {status: 200}]").report.outcomes

    assert [each.state for each in (last, left, right, base)] == ["skipped", "skipped", "skipped", "failed"]
    assert why_of(left) == "it needs base, which is failed"
    assert why_of(last) == "it needs left, which is skipped"
    assert [*last.attempts, *left.attempts, *right.attempts] == []


def test_a_skipped_registration_adds_no_exit_status_of_its_own() -> None:
    """The exit status tells why the needed one failed."""
    assert play(NEEDS, "[{step: base, status: 403}, {status: 200}]").report.exit_status == 77
    assert play(NEEDS, "[{step: base, status: 500}, {status: 200}]").report.exit_status == 75


def test_one_side_fails_and_the_other_still_registers() -> None:
    """What does not need the failed one goes on."""
    outcomes = play(NEEDS, "[{step: left, status: 400}, {status: 200}]").report.outcomes

    assert [each.state for each in outcomes] == ["skipped", "failed", "registered", "registered"]


def test_what_is_already_there_serves_those_who_need_it() -> None:
    """``already_registered`` stands."""
    text = NEEDS + "failure_classes: [{name: exists, match: {status: 409}, action: succeed}]"
    outcomes = play(text, "[{step: base, status: 409}, {status: 200}]").report.outcomes

    assert [each.state for each in outcomes] == [
        "registered",
        "registered",
        "registered",
        "already_registered",
    ]


def test_an_unknown_registration_does_not_stand_for_those_who_need_it() -> None:
    """Building on what may not be there is a guess."""
    text = NEEDS.replace("{method: PUT, path: /base}", "{method: POST, path: /base}")
    last, left, _, base = play(text, "[{step: base, error: read-timeout}, {status: 200}]").report.outcomes

    assert [last.state, left.state, base.state] == ["skipped", "skipped", "unknown"]
    assert left.exit_status == 74


def test_deregistrations_go_in_reverse() -> None:
    """What needs something is undone before it."""
    text = NEEDS.replace(
        "}}]}", "}}], deregister: {steps: [{name: undo, request: {method: DELETE, path: /x}}]}}"
    )
    played = play(text, "[{status: 200, latency: 1s}]", undo=True)
    begun = {each.registration: each.started_s for each in played.report.outcomes}

    assert begun == {"last": 0, "left": 1, "right": 1, "base": 2}


def test_a_failed_deregistration_does_not_keep_the_others_from_theirs() -> None:
    """As much as possible is undone."""
    text = NEEDS.replace(
        "}}]}", "}}], deregister: {steps: [{name: undo, request: {method: DELETE, path: /x}}]}}"
    )
    played = play(text, "[{status: 403}, {status: 200}]", undo=True)

    assert [each.state for each in played.report.outcomes] == [
        "failed",
        "deregistered",
        "deregistered",
        "deregistered",
    ]
    assert played.report.exit_status == 77


OPTIONAL = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 1}}
registrations:
  extra: {required: false, steps: [{name: extra, request: {method: PUT, path: /extra}}]}
  main: {%s steps: [{name: main, request: {method: PUT, path: /main}}]}
"""


def test_an_optional_registration_may_fail() -> None:
    """It is reported, and the exit status is 0 all the same."""
    played = play(OPTIONAL % "", "[{step: extra, status: 403}, {status: 200}]")

    assert [each.state for each in played.report.outcomes] == ["failed", "registered"]
    assert played.report.exit_status == 0


def test_an_optional_failure_does_not_outrank_a_required_one() -> None:
    """77 of what is optional says nothing about the run."""
    assert (
        play(OPTIONAL % "", "[{step: extra, status: 403}, {step: main, status: 500}]").report.exit_status
        == 75
    )


def test_what_is_required_and_needs_something_optional_that_failed_is_a_failure() -> None:
    """Skipped is not registered."""
    played = play(OPTIONAL % "needs: [extra],", "[{step: extra, status: 403}, {status: 200}]")

    assert [each.state for each in played.report.outcomes] == ["failed", "skipped"]
    assert played.report.exit_status == 77


def test_each_registration_has_its_own_counters_and_deadline() -> None:
    """Two registrations with the same policy do not spend each other's attempts."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 3, deadline: 10s, backoff: {initial: 1s, max: 1s, jitter: none}}}
registrations:
  a: {steps: [{name: a, request: {method: PUT, path: /a}}]}
  b: {steps: [{name: b, request: {method: PUT, path: /b}}]}
"""
    given = "[{step: a, status: 500, times: 2}, {step: a}, {step: b, status: 500, times: 2}, {step: b}]"

    assert [each.state for each in play(text, given).report.outcomes] == ["registered", "registered"]
