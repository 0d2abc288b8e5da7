"""One event, one line: for people, and for pipelines."""

import json
from datetime import datetime

from runner.model.event import EventKind, RunEvent


def text_line(event: RunEvent) -> str:
    """Return an event for people: where, which try, which class, and what happened."""
    where = ".".join(part for part in (event.registration, event.step) if part)
    detail = []
    if event.event is EventKind.ATTEMPT_FAILED:
        detail = [f"#{event.attempt}", f"{event.class_name}"]
    head = " ".join(part for part in (where, *detail) if part)
    request_id = f" [{event.request_id}]" if event.request_id and event.class_name else ""
    return f"{head}: {event.message}{request_id}" if head else event.message


def json_line(event: RunEvent, at: datetime) -> str:
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
        "status": event.status,
        "error_kind": event.error_kind,
        "wait_s": None if event.wait_s is None else round(event.wait_s, 3),
        "request_id": event.request_id,
        "outcome": event.outcome,
        "reason": event.reason,
        "place": event.place,
        "message": event.message,
    }
    said = {key: value for key, value in fields.items() if value is not None}
    return json.dumps(said, ensure_ascii=False)
