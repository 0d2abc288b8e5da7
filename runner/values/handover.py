"""Registrations and the file as opaque texts, for the process that will undo or keep what this one registered.

Secrets travel as secrets: what was masked here is masked there. The text stays in memory, in a pipe; nobody
writes it to a disk.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from msgspec import convert, to_builtins
from msgspec.structs import replace

from runner.language.span import Span
from runner.language.terms import OutcomeState, Reason, VerbName
from runner.model.bound import Captures
from runner.model.ended import Ended
from runner.model.outcome import Outcome
from runner.model.secret import Secret, Value
from runner.model.why import Why

_KEPT = ("verb", "step", "class_name", "reason", "message", "server_message", "hint", "exit_status")
"""What is told of a registration that does not stand; its attempts are in the reports already written."""


def pack_source(content: bytes) -> str:
    """Return a file's content as short text."""
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def unpack_source(text: str) -> bytes:
    """Return what ``pack_source`` was given."""
    return zlib.decompress(base64.b64decode(text))


def pack(held: Mapping[str, Ended]) -> str:
    """Return how some registrations ended, with their captures, as text."""
    packed = {
        name: {
            "captures": _packed(each.captures),
            "ours": each.leaves_traces,
            "unsure": each.unsure,
            **_cause_of(each.outcome),
        }
        for name, each in held.items()
    }
    return json.dumps(packed, ensure_ascii=False, separators=(",", ":"))


def pack_captures(captures: Captures) -> str:
    """Return captures as text."""
    return json.dumps(_packed(captures), ensure_ascii=False, separators=(",", ":"))


def unpack_captures(text: str) -> Captures:
    """Return what ``pack_captures`` was given."""
    captures: Captures = _unpacked(json.loads(text))
    return captures


def unpack(text: str) -> Mapping[str, Ended]:
    """Return what ``pack`` was given.

    Raises:
        ValueError: when it is no such text.
    """
    try:
        return {name: _ended(name, packed) for name, packed in json.loads(text).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("this is no handover") from error


def _cause_of(outcome: Outcome) -> dict[str, Any]:
    """Return how it ended; of what stands the file says all else."""
    if outcome.state.is_active:
        return {"state": outcome.state}
    span = outcome.span
    return {
        "state": outcome.state,
        "required": outcome.required,
        "span": [span.file, span.line, span.column, span.end_line, span.end_column],
        "why": to_builtins(outcome.why),
        **{name: getattr(outcome, name) for name in _KEPT},
    }


def _ended(name: str, packed: Mapping[str, Any]) -> Ended:
    outcome = Outcome(
        registration=name,
        state=OutcomeState(packed["state"]),
        required=packed.get("required", True),
        span=Span(*packed.get("span", ("", 1, 1, 1, 1))),
        why=convert(packed.get("why"), Why | None),
        **{field: packed[field] for field in _KEPT if field in packed},
    )
    verb = None if outcome.verb is None else VerbName(outcome.verb)
    reason = None if outcome.reason is None else Reason(outcome.reason)
    captures: Captures = _unpacked(packed["captures"])
    return Ended(
        outcome=replace(outcome, verb=verb, reason=reason),
        captures=captures,
        leaves_traces=packed["ours"],
        unsure=packed["unsure"],
    )


def _packed(value: Any) -> Any:
    """Give each value a tag, so that no content of a server's can be mistaken for ours."""
    match value:
        case Secret():
            return {"s": [value.value, value.shown]}
        case list():
            return {"l": [_packed(item) for item in value]}
        case Mapping():
            return {"m": {key: _packed(item) for key, item in value.items()}}
        case _:
            return {"v": value}


def _unpacked(packed: Any) -> Any:
    ((tag, value),) = packed.items()
    match tag:
        case "s":
            return Secret(*value)
        case "l":
            return [_unpacked(item) for item in value]
        case "m":
            return {key: _unpacked(item) for key, item in value.items()}
        case "v":
            plain: Value = value
            return plain
        case _:
            raise ValueError(tag)
