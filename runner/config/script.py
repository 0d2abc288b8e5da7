"""Reads ``tests:``: what a control plane answers, and how the registration must end."""

from runner.config.cursor import Cursor
from runner.config.headers import check_header_name
from runner.model.exchange import TransportKind
from runner.model.outcome import OutcomeState, Reason
from runner.model.script import Answer, Expected, ScriptedTest

DEFAULT_SEEDS = 20


def read_test(at: Cursor) -> ScriptedTest:
    """Read one entry of ``tests``."""
    return ScriptedTest(
        name=at.data["name"],
        registration=at.data.get("registration"),
        variables=dict(at.data.get("variables", {})),
        environment=dict(at.data.get("environment", {})),
        given=at.list("given", _answer),
        then=_expected(at.child("then")),
        seeds=at.integer("seeds") or DEFAULT_SEEDS,
        span=at.child("name").span,
    )


def _answer(at: Cursor) -> Answer:
    of_response = [key for key in ("status", "headers", "body") if key in at]
    if "error" in at and of_response:
        hint = f"leave out error, or {' and '.join(of_response)}"
        at.report(
            "E310", f"an answer has an error or a response, and this has error and {of_response[0]}", hint
        )
    ends = [key for key in ("times", "for", "until") if key in at]
    if "times" in ends and len(ends) > 1:
        hint = "an answer ends after a number of times or after a time; write two answers for both"
        at.report("E331", f"an answer has {' and '.join(ends)}", hint)
    for header in at.child("headers").data if "headers" in at else ():
        check_header_name(at.child("headers").child(header))
    return Answer(
        step=at.data.get("step"),
        status=at.integer("status") or 200,
        headers=at.map("headers", lambda value: str(value.data)),
        body=at.data.get("body"),
        latency_s=at.duration_s("latency", 0.0),
        error=TransportKind(at.data["error"]) if "error" in at else None,
        times=at.integer("times"),
        for_s=at.duration_s("for", 0.0) if "for" in at else None,
        until_s=at.duration_s("until", 0.0) if "until" in at else None,
    )


def _expected(at: Cursor) -> Expected:
    return Expected(
        outcome=OutcomeState(at.data["outcome"]) if "outcome" in at else None,
        within_s=at.duration_s("within", 0.0) if "within" in at else None,
        requests=at.integer("requests"),
        class_name=at.data.get("class"),
        reason=Reason(at.data["reason"]) if "reason" in at else None,
        exit_status=at.integer("exit_status"),
    )
