"""A json report read back, as far as a replay needs it.

Somebody may have written it by hand, so every value is looked at before it is used; what a later version has added
within the format is passed over.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from runner.language.span import Span
from runner.language.terms import OutcomeState, Processed, Reason, TransportKind, VerbName
from runner.model.decision import Decided
from runner.model.outcome import Attempt, Outcome, Report
from runner.model.secret import Secret
from runner.report.json_report import FORMAT_VERSION

MAX_BYTES = 64 * 1024 * 1024
_MAX_S = 1e9

_Kinds = Mapping[str, type]
_RUN: _Kinds = {
    "file": str, "plan_sha256": str, "enlist": str, "started_at": datetime, "elapsed_s": float, "exit_status": int, "registrations": list,
}  # fmt: skip
_OUTCOME: _Kinds = {
    "name": str, "outcome": OutcomeState, "started_s": float, "ended_s": float, "exit_status": int, "attempts": list,
}  # fmt: skip
_OUTCOME_MAY: _Kinds = {"class": str, "reason": Reason, "message": str}
_ATTEMPT: _Kinds = {
    "verb": VerbName, "step": str, "number": int, "method": str, "started_s": float, "ended_s": float,
}  # fmt: skip
_ATTEMPT_MAY: _Kinds = {
    "status": int, "error_kind": TransportKind, "processed": Processed, "class": str, "message": str, "decided": Decided, "reason": Reason,
    "wait_s": float, "retry_after_s": float, "body": str, "body_note": str,
}  # fmt: skip


class NotAReport(ValueError):
    """A text that is no report of a run; the message says where."""


def read_report(raw: bytes) -> Report:
    """Return a report.

    Raises:
        NotAReport: when it is none.
    """
    try:
        document = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotAReport(f"it is not JSON{place}") from error
    if not isinstance(document, dict) or "format" not in document or "registrations" not in document:
        raise NotAReport("it is JSON, and not what --report json=FILE writes")
    if document["format"] != FORMAT_VERSION:
        form = str(document["format"])[:20]
        raise NotAReport(f"it has format {form}, and this version of enlist reads {FORMAT_VERSION}")
    fields = _read(document, "", _RUN, {})
    listed = enumerate(fields.pop("registrations"))
    return Report(
        outcomes=tuple(_outcome(each, f"registrations[{number}].") for number, each in listed),
        enlist_version=fields.pop("enlist"),
        interrupted=document.get("interrupted") is True,
        **fields,
    )


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _outcome(data: object, where: str) -> Outcome:
    fields = _read(data, where, _OUTCOME, _OUTCOME_MAY)
    listed = enumerate(fields.pop("attempts"))
    return Outcome(
        registration=fields.pop("name"),
        state=fields.pop("outcome"),
        class_name=fields.pop("class"),
        attempts=tuple(_attempt(each, f"{where}attempts[{number}].") for number, each in listed),
        required=True,
        span=Span("", 1, 1, 1, 1),
        **fields,
    )


def _attempt(data: object, where: str) -> Attempt:
    fields = _read(data, where, _ATTEMPT, _ATTEMPT_MAY)
    fields["ended_s"] = max(fields["started_s"], fields["ended_s"])
    body = fields.pop("body")
    return Attempt(
        class_name=fields.pop("class"), body=None if body is None else Secret(body), url="", **fields
    )


def _read(data: object, where: str, must: _Kinds, may: _Kinds) -> dict[str, Any]:
    """Return the values of an object, each of its kind."""
    if not isinstance(data, dict):
        raise NotAReport(f"{where.rstrip('.')} is no object")
    for key in must:
        if data.get(key) is None:
            raise NotAReport(f"{where}{key} is missing")
    return {key: _value(data.get(key), kind, f"{where}{key}") for key, kind in {**must, **may}.items()}


def _value(value: Any, kind: type, where: str) -> Any:
    if value is None:
        return None
    if kind in {int, float}:
        if type(value) not in {int, kind} or not 0 <= value <= _MAX_S:
            raise NotAReport(f"{where} is no number that can be")
        return value
    if not isinstance(value, list if kind is list else str):
        raise NotAReport(f"{where} is no {'list' if kind is list else 'text'}")
    try:
        return datetime.fromisoformat(str(value)) if kind is datetime else kind(value)
    except ValueError as error:
        what = "no date" if kind is datetime else "a word that this version of enlist does not know"
        raise NotAReport(f"{where} is {what}") from error
