"""A run as JSON: the same data as the outcomes, with stable names and a version of its own."""

import json
from typing import Any

from msgspec import to_builtins

from runner.model.note import Note
from runner.model.outcome import Attempt, Beats, Outcome, Report
from runner.model.secret import shown
from runner.model.why import Why
from runner.report.story import cause_of_attempt, decision_of, why_of

FORMAT_VERSION = 1


def render_json(report: Report) -> str:
    """Return the report as indented JSON."""
    document = {
        "format": FORMAT_VERSION,
        "enlist": report.enlist_version,
        "file": report.file,
        "plan_sha256": report.plan_sha256,
        "started_at": report.started_at.isoformat(timespec="milliseconds"),
        "elapsed_s": round(report.elapsed_s, 3),
        "exit_status": int(report.exit_status),
        "interrupted": report.interrupted,
        "registrations": [_outcome(outcome) for outcome in report.outcomes],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.registration,
        "outcome": outcome.state.value,
        "required": outcome.required,
        "place": str(outcome.span),
        "verb": outcome.verb,
        "step": outcome.step,
        "class": outcome.class_name,
        "class_place": None if outcome.class_span is None else str(outcome.class_span),
        "reason": outcome.reason,
        "message": why_of(outcome),
        "why": None if outcome.why is None else tagged(outcome.why),
        "server_message": outcome.server_message,
        "hint": outcome.hint,
        "exit_status": int(outcome.exit_status),
        "deregistration": outcome.deregistration,
        "heartbeat": None if outcome.beats is None else _beats(outcome, outcome.beats),
        "retry_not_before": None
        if outcome.retry_not_before is None
        else outcome.retry_not_before.isoformat(),
        "started_s": round(outcome.started_s, 3),
        "ended_s": round(outcome.ended_s, 3),
        "attempts": [_attempt(attempt) for attempt in outcome.attempts],
    }


def _beats(outcome: Outcome, beats: Beats) -> dict[str, Any]:
    last = beats.last_good_at
    return {
        "state": outcome.standing,
        "sent": beats.sent,
        "missed": beats.missed,
        "missed_in_a_row": beats.missed_in_a_row,
        "last_good_at": None if last is None else last.isoformat(timespec="milliseconds"),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "verb": attempt.verb.value,
        "step": attempt.step,
        "number": attempt.number,
        "method": attempt.method,
        "url": attempt.url,
        "started_s": round(attempt.started_s, 3),
        "ended_s": round(attempt.ended_s, 3),
        "status": attempt.status,
        "error_kind": attempt.error_kind,
        "processed": attempt.processed,
        "class": attempt.class_name,
        "message": cause_of_attempt(attempt),
        "decision": decision_of(attempt),
        "decided": attempt.decided,
        "reason": attempt.reason,
        "wait_s": None if attempt.wait_s is None else round(attempt.wait_s, 3),
        "request_id": attempt.request_id,
        "retry_after_s": attempt.retry_after_s,
        "body": None if attempt.body is None else shown(attempt.body),
        "body_note": attempt.body_note,
    }


def tagged(data: Note | Why) -> dict[str, Any]:
    """Return a note, or why something ended, with its kind beside its fields."""
    fields: dict[str, Any] = to_builtins(data)
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in fields.items()}
