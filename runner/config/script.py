"""Reads ``tests:``: what a control plane answers, and how the registration must end."""

from runner.config.cursor import Cursor
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
    if "error" in at and "status" in at:
        at.report("E310", "an answer has a status or an error", "leave one of them out")
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
