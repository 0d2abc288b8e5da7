"""One event, one line: for people, and for pipelines."""

import json
import re
from datetime import datetime

from runner.model.event import EventKind, RunEvent
from runner.report.json_report import tagged
from runner.report.story import message_of

# W3C Trace Context, level 1: version, trace, parent, flags; a later version may add fields.
_TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace that a ``traceparent`` names; none where it is absent or not well-formed."""
    found = _TRACEPARENT.fullmatch((traceparent or "").strip())
    if found is None or (found[1] == "00" and found[3] is not None):
        return None
    return found[2]


def text_line(event: RunEvent) -> str:
    """Return an event for people: where, which try, which class, and what happened."""
    where = ".".join(part for part in (event.registration, event.step) if part)
    failed = event.event is EventKind.ATTEMPT_FAILED
    ended = event.event is EventKind.REGISTRATION_FINISHED and event.attempt is not None
    detail = (f"#{event.attempt}" if failed or ended else "", event.class_name if failed else "")
    head = " ".join(part for part in (where, *detail) if part)
    request_id = f" [{event.request_id}]" if event.request_id and event.class_name else ""
    message = message_of(event)
    return f"{head}: {message}{request_id}" if head else message


def json_line(event: RunEvent, at: datetime, trace_id: str | None = None) -> str:
    """Return an event as JSON with stable keys; what does not apply is left out."""
    fields = {
        "ts": at.isoformat(timespec="milliseconds"),
        "level": event.level.value,
        "event": event.event.value,
        "elapsed_s": round(event.elapsed_s, 3),
        "registration": event.registration,
        "verb": event.verb,
        "step": event.step,
        "attempt": event.attempt,
        "class": event.class_name,
        "cause": event.cause,
        "why": None if event.why is None else tagged(event.why),
        "server_message": event.server_message,
        "status": event.status,
        "error_kind": event.error_kind,
        "decided": event.decided,
        "wait_s": None if event.wait_s is None else round(event.wait_s, 3),
        "request_id": event.request_id,
        "outcome": event.outcome,
        "reason": event.reason,
        "note": None if event.note is None else tagged(event.note),
        "place": event.place,
        "trace_id": trace_id,
        "message": message_of(event),
    }
    said = {key: value for key, value in fields.items() if value is not None}
    return json.dumps(said, ensure_ascii=False)
