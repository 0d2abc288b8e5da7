"""Many registrations at one endpoint: whose clock runs, who goes first, and what a dead endpoint costs."""

import pytest
from support.harness import Played, play

from runner.model.outcome import Outcome
from runner.model.why import NotTried


def many(
    count: int, *, endpoint: str = "", deadline: str = "60s", request: str = "{method: PUT, path: /r}"
) -> str:
    """Return a file with so many registrations at one endpoint, each of which is verified."""
    lines = [
        "version: 1",
        f'endpoints: {{e: {{url: "http://h", {endpoint}}}}}',
        f"retry_policies: {{default: {{deadline: {deadline}}}}}",
        "registrations:",
        *(
            f"  r{number}: {{request: {request}, verify: {{request: {{path: /v}}}}}}"
            for number in range(count)
        ),
    ]
    return "\n".join(lines)


def states(played: Played) -> set[str]:
    return {str(each.state) for each in played.report.outcomes}


def untried(played: Played) -> list[Outcome]:
    return [each for each in played.report.outcomes if not each.attempts]


def test_a_long_queue_costs_nobody_a_deadline() -> None:
    """Two thousand at a server that takes half a second: each has its minute from its own first request."""
    played = play(many(2000), "[{status: 200, latency: 500ms}]")

    assert states(played) == {"registered"}
    assert played.report.elapsed_s == pytest.approx(4000 * 0.5 / 16)
    assert max(each.ended_s - each.attempts[0].started_s for each in played.report.outcomes) < 2


def test_who_has_begun_goes_before_who_has_not() -> None:
    """What was created is verified before another is created."""
    played = play(many(3, endpoint="max_concurrency: 1"), "[{status: 200, latency: 1s}]")

    assert [str(each.request.step) for each in played.sent] == ["register", "verify"] * 3


def test_a_retry_goes_before_who_has_not_begun() -> None:
    """A wait of its own loses nobody the turn."""
    text = many(3, endpoint="max_concurrency: 1")
    given = "[{step: register, status: 429, latency: 1s}, {status: 200, latency: 10s}]"
    played = play(text, given, chance=lambda: 0.5)
    first = [each.request.asker[0] for each in played.sent]

    assert first == ["r0", "r1", "r0", "r1", "r0", "r2", "r2"]


@pytest.mark.parametrize("error", ["connect-timeout", "read-timeout"])
def test_a_dead_endpoint_costs_its_deadline_once(error: str) -> None:
    """Who never began ends with the same cause, and the run ends when the first have tried for their time."""
    played = play(many(200), f"[{{error: {error}}}]")

    assert states(played) == {"failed"}
    assert played.report.elapsed_s <= 76  # the deadline, and an attempt that began before it was known
    assert {each.exit_status for each in played.report.outcomes} == {75}
    assert {each.why for each in untried(played)} == {NotTried()}
    assert {each.class_name for each in untried(played)} == {played.report.outcomes[0].class_name}


def test_an_endpoint_that_answers_one_is_not_dead_for_another() -> None:
    """One registration's own trouble ends one registration."""
    text = many(3, endpoint="max_concurrency: 1", deadline="5s")
    given = "[{step: register, status: 500, for: 6s}, {status: 200}]"
    played = play(text, given)

    assert not untried(played)


LOGIN = 'login: {request: {method: POST, path: /login}, capture: {token: token}}, auth: {bearer: "${login.token}"}'


def test_a_login_that_was_given_up_is_not_tried_by_all() -> None:
    """Fifty wrong logins in a row lock an account."""
    played = play(many(50, endpoint=LOGIN), "[{status: 401}]")

    assert len(played.sent) == 1
    assert {each.exit_status for each in played.report.outcomes} == {77}


def test_waiting_for_a_login_takes_nothing_from_the_deadline() -> None:
    """Who waits for another's login has not begun."""
    text = many(2, endpoint=LOGIN, deadline="10s")
    given = "[{step: login, body: {token: t}, latency: 9s}, {status: 200, latency: 500ms}]"
    first, second = play(text, given).report.outcomes

    assert (str(first.state), str(second.state)) == ("registered", "registered")
    assert second.attempts[0].started_s == 9


def test_an_interruption_ends_who_waits_for_a_turn() -> None:
    """Nobody is left behind in the queue."""
    played = play(many(20), "[{status: 200, latency: 30s}]", interrupt_at_s=1)

    assert played.report.elapsed_s == 1
    assert len(played.sent) == 16


def test_no_more_requests_begin_in_any_second_than_the_rate_allows() -> None:
    played = play(many(40, endpoint="max_rate: 10"), "[{status: 200, latency: 10ms}]")
    began_s = sorted(each.at_s for each in played.sent)

    assert states(played) == {"registered"}
    assert len(began_s) == 80
    assert min(later - first for first, later in zip(began_s, began_s[10:], strict=False)) >= 1.0
    assert played.report.elapsed_s == pytest.approx(
        7.0, abs=0.1
    )  # ten at once, and seven times ten after them


def test_waiting_for_the_rate_costs_nobody_a_deadline() -> None:
    played = play(many(200, endpoint="max_rate: 2", deadline="5s"), "[{status: 200}]")

    assert states(played) == {"registered"}
