"""Rules 28 and 58, and what registrations share: addresses and logins."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from support.harness import Played, Recorder, answers, bound_of, play
from support.rule_files import EXACT, POST, classes_of, ended, file_of

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.ports import WallClock
from runner.report.story import message_of
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.surroundings import with_ports


def played_by(text: str, given: str, *, clock: WallClock | None = None, instance: str = "") -> Played:
    """Play with a wall clock or an instance of its own."""
    transport, recorder = ScriptedTransport(answers(given)), Recorder()
    ports = Ports(
        transport=transport,
        reporter=recorder,
        clock=clock or VirtualClock(),
        random=lambda: 0.5,
        instance=instance,
    )
    return Played(
        run_virtually(Session(bound_of(text), with_ports(ports)).register()), transport.sent, recorder.events
    )


class ScriptedClock:
    """A wall clock that says what a function of how often it was asked says."""

    def __init__(self, seconds: Callable[[int], float]) -> None:
        self._seconds = seconds
        self._asked = 0

    def now(self) -> datetime:
        """See ``ports.WallClock``."""
        self._asked += 1
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._seconds(self._asked))


def test_rule_28_a_gap_between_the_clocks_is_told_once() -> None:
    """Who reads a log with a hole of an hour in it finds the reason there, and not after every line."""
    played = played_by(
        file_of(), "[{status: 200}]", clock=ScriptedClock(lambda asked: 0 if asked < 4 else 3600)
    )
    notes = [each for each in played.events if each.event == "note"]

    assert [(each.level, message_of(each).partition(":")[0]) for each in notes] == [
        ("warning", "the wall clock ran ahead by 1h")
    ]


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_rule_28_a_clock_that_jumps_moves_no_wait_and_no_deadline(seconds: int) -> None:
    """The loop's clock is the only one that counts."""
    text = file_of(policy=f"deadline: 10s, {EXACT}")
    steady = played_by(text, "[{status: 500}]")
    jumping = played_by(text, "[{status: 500}]", clock=ScriptedClock(lambda asked: asked * seconds))

    assert steady.times_s == jumping.times_s


def test_rule_28_clocks_that_agree_are_not_mentioned() -> None:
    """A long run alone is no gap."""
    played = play(file_of(policy="deadline: 10m"), "[{error: connect-refused, until: 2m}, {status: 200}]")

    assert "note" not in {each.event for each in played.events}


SPLAY = file_of() + "lifecycle: {splay: 60s}\n"


def test_rule_58_a_fleet_spreads_its_first_requests() -> None:
    """A thousand replicas that start in one second come over the whole minute."""
    first_s = [
        played_by(SPLAY, "[{status: 200}]", instance=f"web-{number}").times_s[0] for number in range(40)
    ]

    assert 0 <= min(first_s) < 10
    assert 50 < max(first_s) < 60
    assert len(set(first_s)) == len(first_s)


def test_rule_58_an_instance_keeps_its_place() -> None:
    """The place comes from who it is, so a restart finds the same one."""
    assert (
        played_by(SPLAY, "[{status: 200}]", instance="web-7").times_s
        == played_by(SPLAY, "[{status: 200}]", instance="web-7").times_s
    )


def test_rule_58_the_splay_costs_nothing_of_the_deadline() -> None:
    """The deadline runs from the first request."""
    text = file_of(policy="deadline: 1s") + "lifecycle: {splay: 60s}\n"

    assert played_by(text, "[{status: 200, latency: 500ms}]", instance="web-3").outcome.state == "registered"


def test_rule_58_the_splay_can_be_interrupted() -> None:
    """Nothing was sent: cancelled, and at once."""
    text = file_of() + "lifecycle: {splay: 600s}\n"
    played = play(text, "[{status: 200}]", interrupt_at_s=0.001)

    assert (played.outcome.state, played.report.exit_status, len(played.sent)) == ("cancelled", 130, 0)
    assert played.report.elapsed_s < 1


TWO_ADDRESSES = """
version: 1
endpoints: {e: {urls: ["http://one", "http://two"]}}
retry_policies: {default: {%s}}
registrations: {r: {request: %s, verify: {request: {path: /r}}}}
"""


def hosts_of(played: Played) -> list[str]:
    return [str(each.request.url).split("/")[2] for each in played.sent]


def test_the_next_address_is_tried_at_once_and_the_wait_comes_after_the_round() -> None:
    """With two servers one refusal costs nothing."""
    played = play(
        TWO_ADDRESSES % (EXACT, "{method: PUT, path: /r}"), "[{status: 503, times: 3}, {status: 200}]"
    )

    assert hosts_of(played)[:4] == ["one", "two", "one", "two"]
    assert played.times_s[:2] == [0, 0]
    assert played.times_s[1] < played.times_s[2] == played.times_s[3]


def test_an_address_that_worked_is_kept() -> None:
    """The verification asks the server that took the registration."""
    played = play(
        TWO_ADDRESSES % (EXACT, "{method: PUT, path: /r}"), "[{error: connect-refused}, {status: 200}]"
    )

    assert hosts_of(played) == ["one", "two", "two"]


def test_another_address_gets_no_request_that_may_have_been_processed() -> None:
    """The servers share what they know: a POST that may stand is not sent to the next one."""
    text = (TWO_ADDRESSES % (EXACT, POST)).replace(", verify: {request: {path: /r}}", "")
    played = play(text, "[{error: read-timeout}, {status: 200}]")

    assert hosts_of(played) == ["one"]
    assert played.outcome.state == "unknown"


def test_another_address_gets_what_the_first_never_saw() -> None:
    """A refused connection leaves nothing behind, with any method."""
    played = play(TWO_ADDRESSES % (EXACT, POST), "[{error: connect-refused}, {status: 200}]")

    assert hosts_of(played) == ["one", "two", "two"]


def test_a_refusal_of_one_address_is_the_answer_of_all() -> None:
    """Only what would be retried moves on: 403 is not asked of the other server as well."""
    played = play(TWO_ADDRESSES % (EXACT, "{method: PUT, path: /r}"), "[{status: 403}, {status: 200}]")

    assert hosts_of(played) == ["one"]


def test_registrations_at_once_agree_on_the_address_that_works() -> None:
    """The first server is down: after the first round both registrations stay with the second."""
    text = """
version: 1
endpoints: {e: {urls: ["http://one", "http://two"]}}
registrations:
  a:
    steps: [{name: put-a, request: {method: PUT, path: /a}}]
    verify: {steps: [{name: look-a, request: {path: /a}}]}
  b:
    steps: [{name: put-b, request: {method: PUT, path: /b}}]
    verify: {steps: [{name: look-b, request: {path: /b}}]}
"""
    given = "[{step: put-a, error: connect-refused}, {step: put-b, error: connect-refused}, {status: 200}, {step: put-a}, {step: put-b}]"
    looked = {
        str(each.request.url) for each in play(text, given).sent if each.request.step.startswith("look")
    }

    assert {"http://two/a", "http://two/b"} == looked


LOGIN = """
version: 1
endpoints:
  e:
    url: "http://h"
    auth: {bearer: "${login.token}"}
    login: {request: {method: POST, path: /token}, capture: {token: token}}
retry_policies: {default: {%s}}
registrations:
  r:
    steps:
      - {name: first, request: {method: PUT, path: /a}}
      - {name: second, request: {method: PUT, path: /b}}
"""


def steps_of(played: Played) -> list[str]:
    return [str(each.request.step) for each in played.sent]


def tokens_of(played: Played) -> list[str | None]:
    """Return the token that each request carried."""
    headers = [dict(each.request.headers).get("Authorization") for each in played.sent]
    return [
        None if each is None else getattr(each, "value", str(each)).removeprefix("Bearer ")
        for each in headers
    ]


def test_a_login_runs_when_it_is_first_needed_and_then_no_more() -> None:
    """Two steps, one login."""
    played = play(LOGIN % EXACT, "[{step: login, body: {token: t1}}, {status: 200}]")

    assert steps_of(played) == ["login", "first", "second"]
    assert tokens_of(played) == [None, "t1", "t1"]


def test_an_expired_login_is_renewed_and_the_request_repeated_at_once() -> None:
    """A 401 in the middle of things is routine where there is a login."""
    given = "[{step: login, body: {token: t1}}, {step: login, body: {token: t2}}, {step: second, status: 401}, {status: 200}]"
    played = play(LOGIN % EXACT, given)

    assert steps_of(played) == ["login", "first", "second", "login", "second"]
    assert tokens_of(played) == [None, "t1", "t1", None, "t2"]
    assert played.report.elapsed_s == 0


def test_a_401_right_after_a_renewal_is_denied() -> None:
    """A fresh token that is refused will not get better."""
    played = play(LOGIN % EXACT, "[{step: login, body: {token: t1}, times: 9}, {step: first, status: 401}]")

    assert classes_of(played) == [None, "expired", None, "denied"]
    assert ended(played.outcome) == ("failed", "denied", "fatal", 77)


def test_a_login_that_is_refused_is_denied() -> None:
    """The login's own 401 is about the credentials; it is not renewed by itself."""
    played = play(LOGIN % EXACT, "[{step: login, status: 401}]")

    assert ended(played.outcome) == ("failed", "denied", "fatal", 77)
    assert steps_of(played) == ["login"]


@pytest.mark.parametrize("failure", ["{step: login, status: 503}", "{step: login, error: read-timeout}"])
def test_a_login_that_failed_may_be_repeated(failure: str) -> None:
    """A second token harms nobody, so a lost login leaves nothing unknown though it is a POST."""
    played = play(LOGIN % EXACT, f"[{failure}, {{step: login, body: {{token: t1}}}}, {{status: 200}}]")

    assert played.outcome.state == "registered"


def test_an_interrupted_login_leaves_nothing_behind() -> None:
    """What was to be registered was never sent."""
    played = play(LOGIN % EXACT, "[{step: login, body: {token: t1}, latency: 10s}]", interrupt_at_s=3)

    assert played.outcome.state == "cancelled"


def test_start_over_logs_in_afresh() -> None:
    """Beginning again includes the credentials."""
    text = LOGIN % EXACT + "failure_classes: [{name: again, match: {status: 412}, action: start_over}]\n"
    given = "[{step: login, body: {token: t1}}, {step: login, body: {token: t2}}, {step: second, status: 412}, {status: 200}]"

    assert steps_of(play(text, given)) == ["login", "first", "second", "login", "first", "second"]


def test_two_registrations_share_one_login() -> None:
    """The endpoint logs in once, whoever comes first."""
    text = LOGIN % EXACT + "  s: {steps: [{name: third, request: {method: PUT, path: /c}}]}\n"
    played = play(text, "[{step: login, body: {token: t1}, latency: 1s}, {status: 200}]")

    assert steps_of(played).count("login") == 1
    assert [each.state for each in played.report.outcomes] == ["registered", "registered"]


def test_a_login_is_bounded_by_the_deadline() -> None:
    """A token endpoint that never answers costs the registration's deadline and no more."""
    played = play(LOGIN % "deadline: 5s", "[{step: login, error: connect-timeout}]")

    assert played.report.elapsed_s <= 5
    assert played.outcome.state == "failed"


def test_a_token_never_shows_in_what_is_told() -> None:
    """What a login captured is secret from then on, also when the server repeats it."""
    given = "[{step: login, body: {token: t0p-s3cret}}, {step: first, status: 403, body: {message: 't0p-s3cret is not enough'}}]"
    played = play(LOGIN % EXACT, given)

    assert "t0p-s3cret" not in repr(played.events) + repr(played.report)
