"""The runs of these tests: one for every way in which a registration can end, and one that is hostile in every text."""

from datetime import UTC, datetime
from typing import Any

from msgspec import structs
from support.harness import Played, play

from runner.language.span import Span
from runner.language.terms import OutcomeState, Processed, Reason, TransportKind, VerbName
from runner.model.decision import Decided
from runner.model.outcome import Attempt, Outcome, Report

HEAD = """\
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 3, deadline: 20s, backoff: {initial: 1s, max: 1s, jitter: none}}}
"""
PUT = "request: {method: PUT, path: /a}"
POST = "request: {method: POST, path: /a}"
LOOK = "verify: {request: {path: /a}}"
ONE = f"registrations: {{r: {{{PUT}}}}}\n"
EXISTS = "failure_classes: [{name: exists, match: {status: 409}, action: succeed}]"
TOLD = "failure_classes: [{name: told, match: {status: 422}, action: fail, message: error, hint: look it up}]"
THREE = (
    f"registrations:\n  a: {{{TOLD}, steps: [{{name: a, {PUT}}}]}}\n  b: {{needs: [a], {PUT}}}\n"
    f"  c: {{required: false, steps: [{{name: c, {PUT}}}]}}\n"
)

RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "registered": (ONE, "[{status: 200}]", {}),
    "registered after retries": (ONE, "[{error: connect-refused}, {status: 503, latency: 1s}, {status: 200}]", {}),
    "already registered": (f"registrations: {{r: {{{PUT}, {EXISTS}}}}}\n", "[{status: 409}]", {}),
    "refused for good": (f"registrations: {{r: {{{PUT}, {TOLD}}}}}\n", "[{status: 422, body: {error: no such pool}}]", {}),
    "denied": (ONE, "[{status: 401}]", {}),
    "all attempts used": (ONE, "[{status: 500}]", {}),
    "deadline reached": (ONE, "[{error: read-timeout}]", {}),
    "asked to wait too long": (ONE, "[{status: 429, headers: {Retry-After: '3600'}}]", {}),
    "not confirmed": (f"registrations: {{r: {{{PUT}, {LOOK}}}}}\n", "[{step: register, status: 200}, {status: 404}]", {}),
    "lost and then confirmed": (
        f"registrations: {{r: {{{POST}, {LOOK}}}}}\n", "[{step: register, error: read-timeout}, {status: 200}]", {},
    ),
    "unknown": (f"registrations: {{r: {{{POST}}}}}\n", "[{error: disconnected-before-response}]", {}),
    "a bug": (ONE, "[{error: internal}]", {}),
    "interrupted": (ONE, "[{error: connect-refused}]", {"interrupt_at_s": 2.5}),
    "interrupted while under way": (ONE, "[{status: 200, latency: 9s}]", {"interrupt_at_s": 2.5}),
    "several": (THREE, "[{step: a, status: 422}, {step: c, error: connect-refused, times: 2}, {step: c, status: 200}]", {}),
    "deregistered": (
        f"registrations: {{r: {{{PUT}, deregister: {{request: {{method: DELETE, path: /a}}}}}}}}\n", "[{status: 204}]", {"undo": True},
    ),
    "nothing to deregister": (ONE, "[{status: 204}]", {"undo": True}),
}  # fmt: skip


def played(name: str) -> Played:
    """Return a run by its name."""
    text, given, options = RUNS[name]
    return play(HEAD + text, given, **options)


HOSTILE = (
    "a\nb\r\n# TYPE x counter\tc\x00\x1b[31m\x85\u2028\u202e</title></text>]]><script>alert(1)</script><!--'\"&lt;"
    '" onload="x|`y`*z*_u_[l](http://evil.example)<b>@team #1 \\" {} www.evil.example \ud800\ufffe\U000e0041 end'
)
"""Lines, tags, attributes, links, mentions, colours, turned reading order, and what is no character at all."""


def hostile_run() -> Report:
    """Return a run with hostile words wherever a text can stand, as if nothing had been cleaned before."""
    span = Span(HOSTILE, 1, 2, 3, 4)
    attempt = Attempt(
        verb=VerbName.REGISTER, step=HOSTILE, number=1, method=HOSTILE, url=HOSTILE, started_s=0.5, ended_s=1.5,
        status=503, error_kind=TransportKind.READ_TIMEOUT, processed=Processed.MAYBE, class_name=HOSTILE,
        message=HOSTILE, decided=Decided.GIVE_UP, wait_s=1.0, request_id=HOSTILE,
    )  # fmt: skip
    good = structs.replace(attempt, number=2, class_name=None, started_s=2.5, ended_s=2.6)
    failed = Outcome(
        registration=HOSTILE, state=OutcomeState.FAILED, required=True, span=span, ended_s=3.0, attempts=(attempt,),
        verb=VerbName.REGISTER, step=HOSTILE, class_name=HOSTILE, class_span=span, reason=Reason.FATAL, message=HOSTILE,
        server_message=HOSTILE, hint=HOSTILE, exit_status=76, retry_not_before=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    stands = Outcome(
        registration="stands",
        state=OutcomeState.REGISTERED,
        required=False,
        span=span,
        attempts=(attempt, good),
    )
    skipped = Outcome(
        registration="skipped",
        state=OutcomeState.SKIPPED,
        required=True,
        span=span,
        message=HOSTILE,
        exit_status=76,
    )
    return Report(
        file=HOSTILE, plan_sha256="0" * 64, enlist_version=HOSTILE, started_at=datetime(2026, 1, 1, tzinfo=UTC),
        elapsed_s=3.0, exit_status=76, outcomes=(failed, stands, skipped),
    )  # fmt: skip
