"""Rules 52 to 54: an interruption ends the run at once, and says what it leaves behind."""

import asyncio

import pytest
from support.harness import Played, Recorder, answers, bound_of, play
from support.rule_files import EXACT, POST, PUT, file_of

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.language.terms import Cause
from runner.model.outcome import Report
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import with_ports

VERIFY = "verify: {request: {path: /r}}"
GET = "{path: /r}"
SLOW = "[{status: 200, latency: 10s}]"


def state_of(played: Played) -> tuple[str, int]:
    return str(played.outcome.state), played.report.exit_status


def test_rule_52_a_wait_can_be_interrupted() -> None:
    """Nobody finishes a pause before obeying a signal; the attempts so far are kept."""
    played = play(
        file_of(policy=EXACT), "[{error: connect-refused, times: 1}, {status: 429}]", interrupt_at_s=2.5
    )

    assert played.report.elapsed_s == 2.5
    assert state_of(played) == ("cancelled", 130)
    assert len(played.sent) == len(played.outcome.attempts)
    assert played.report.interrupted


@pytest.mark.parametrize("request_of", [PUT, POST, GET])
def test_rule_53_an_interrupted_request_is_not_a_failure_and_not_repeated(request_of: str) -> None:
    """A catch-all that retries everything does not see the interruption."""
    classes = "{name: all, match: {processed: [never, maybe, started]}, action: retry}"
    played = play(file_of(request_of, classes=classes), "[{status: 500, latency: 10s}]", interrupt_at_s=3)

    assert played.report.elapsed_s == 3
    assert len(played.sent) == 1
    assert played.outcome.class_name is None


@pytest.mark.parametrize("request_of", [PUT, POST, "{method: PATCH, path: /r}", "{method: DELETE, path: /r}"])
def test_rule_54_an_interruption_while_a_writing_request_is_under_way_is_unknown(request_of: str) -> None:
    """The server may have all of it, whether or not the method is idempotent."""
    assert state_of(play(file_of(request_of), SLOW, interrupt_at_s=3)) == ("unknown", 130)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_rule_54_an_interruption_of_a_request_that_only_reads_leaves_nothing_behind(method: str) -> None:
    """Nothing was changed, so nothing is unknown."""
    played = play(file_of(f"{{method: {method}, path: /r}}"), SLOW, interrupt_at_s=3)

    assert state_of(played) == ("cancelled", 130)


@pytest.mark.parametrize("request_of", [PUT, POST])
def test_rule_54_an_interruption_while_connecting_leaves_nothing_behind(request_of: str) -> None:
    """Nothing was sent yet."""
    assert state_of(play(file_of(request_of), "[{error: connect-timeout}]", interrupt_at_s=1)) == (
        "cancelled",
        130,
    )


def test_rule_54_an_interruption_while_waiting_for_a_free_place_leaves_nothing_behind() -> None:
    """The request that waits behind another one has not been sent."""
    text = """
version: 1
endpoints: {e: {url: "http://h", max_concurrency: 1}}
registrations:
  a: {request: {method: PUT, path: /a}}
  b: {request: {method: PUT, path: /b}}
"""
    states = [each.state for each in play(text, SLOW, interrupt_at_s=3).report.outcomes]

    assert states == ["unknown", "cancelled"]


@pytest.mark.parametrize(
    "failure", ["{error: read-timeout}", "{error: disconnected-before-response}", "{status: 500}"]
)
def test_rule_54_an_interruption_between_two_tries_remembers_what_the_first_may_have_done(
    failure: str,
) -> None:
    """The first PUT may stand; that the signal came during the pause after it does not change that."""
    text = file_of(policy="backoff: {initial: 20s, max: 20s, jitter: none}")
    played = play(text, f"[{failure}, {{status: 200}}]", interrupt_at_s=25 if "read" in failure else 5)

    assert len(played.sent) == 1
    assert state_of(played) == ("unknown", 130)


@pytest.mark.parametrize(
    "failure", ["{error: connect-refused}", "{status: 429, headers: {Retry-After: '20'}}", "{status: 409}"]
)
def test_rule_54_an_interruption_between_two_tries_that_did_nothing_is_cancelled(failure: str) -> None:
    """Refusals and connections that were never made leave nothing behind."""
    classes = "{name: busy, match: {status: 409}, action: retry}"
    text = file_of(policy="backoff: {initial: 20s, max: 20s, jitter: none}", classes=classes)

    assert state_of(play(text, f"[{failure}]", interrupt_at_s=2)) == ("cancelled", 130)


def test_rule_54_an_interruption_of_the_verification_leaves_what_was_registered() -> None:
    """The PUT was accepted: ``cancelled`` would say that nothing is there."""
    played = play(file_of(more=VERIFY), "[{step: register}, {step: verify, latency: 10s}]", interrupt_at_s=3)

    assert state_of(played) == ("unknown", 130)


def test_rule_54_an_interruption_while_looking_for_an_unknown_post_is_unknown() -> None:
    """The POST may stand and the look at it was cut short."""
    given = "[{step: register, error: disconnected-before-response}, {step: verify, latency: 10s}]"

    assert state_of(play(file_of(POST, more=VERIFY), given, interrupt_at_s=3)) == ("unknown", 130)


def test_an_interruption_before_a_registration_begins_sends_nothing_of_it() -> None:
    """What waits for a needed registration ends without a request."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  first: {request: {path: /a}}
  second: {needs: [first], request: {method: PUT, path: /b}}
"""
    played = play(text, SLOW, interrupt_at_s=3)

    assert [each.state for each in played.report.outcomes] == ["cancelled", "cancelled"]
    assert len(played.sent) == 1


def test_an_interruption_after_the_end_changes_no_outcome() -> None:
    """What stands stands: the signal came too late."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  fast: {request: {method: PUT, path: /a}}
  slow: {request: {path: /b}}
"""
    given = "[{status: 200}, {status: 200, latency: 10s}]"

    assert [each.state for each in play(text, given, interrupt_at_s=3).report.outcomes] == [
        "registered",
        "cancelled",
    ]


def test_an_interruption_at_the_very_beginning_still_ends_in_outcomes() -> None:
    """A signal that comes before the first task has run must not end in a traceback."""
    transport = ScriptedTransport(answers("[{status: 200}]"))
    ports = Ports(transport=transport, reporter=Recorder(), clock=VirtualClock(), random=lambda: 0.5)

    async def course() -> Report:
        shutdown = Shutdown()
        asyncio.get_running_loop().call_soon(shutdown.request, Cause.SIGNAL, 0.0)
        return await Session(bound_of(file_of()), with_ports(ports), shutdown).register()

    report = run_virtually(course())

    assert [each.state for each in report.outcomes] == ["cancelled"]
    assert (len(transport.sent), report.exit_status) == (0, 130)


def test_an_interruption_before_anything_was_begun_sends_nothing() -> None:
    """The signal may be there before the session has its ports."""
    transport = ScriptedTransport(answers("[{status: 200}]"))
    ports = Ports(transport=transport, reporter=Recorder(), clock=VirtualClock(), random=lambda: 0.5)

    async def course() -> Report:
        shutdown = Shutdown()
        shutdown.request(Cause.SIGNAL, 0.0)
        return await Session(bound_of(file_of()), with_ports(ports), shutdown).register()

    report = run_virtually(course())

    assert (len(transport.sent), report.exit_status) == (0, 130)
