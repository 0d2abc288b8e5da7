"""A json report read back, as far as a replay needs it.

Somebody may have written it by hand, so every value is looked at before it is used; what a later version has added
within the format is passed over.
"""

import json
import math
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from runner.model.diagnostic import Span
from runner.model.exchange import Processed, TransportKind
from runner.model.outcome import Attempt, Outcome, OutcomeState, Reason, Report, VerbName
from runner.model.secret import Secret
from runner.report.json_report import FORMAT_VERSION

MAX_BYTES = 64 * 1024 * 1024
_MAX_S = 1e9

W = TypeVar("W", bound=StrEnum)


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
        raise NotAReport(
            f"it has format {str(document['format'])[:20]}, and this version of enlist reads {FORMAT_VERSION}"
        )
    top = _Part(document, "")
    began = top.text("started_at")
    try:
        started_at = datetime.fromisoformat(began)
    except ValueError as error:
        raise NotAReport("started_at is no date") from error
    return Report(
        file=top.text("file"),
        plan_sha256=top.text("plan_sha256"),
        enlist_version=top.text("enlist"),
        started_at=started_at,
        elapsed_s=top.number("elapsed_s"),
        exit_status=int(top.number("exit_status")),
        outcomes=tuple(_outcome(part) for part in top.parts("registrations")),
        interrupted=bool(document.get("interrupted")),
    )


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


class _Part:
    """An object of the report, and where it stands."""

    def __init__(self, data: object, where: str) -> None:
        self._where = where
        if not isinstance(data, dict):
            raise NotAReport(f"{where} is no object")
        self._data: dict[str, Any] = data

    def optional(self, key: str) -> str | None:
        value = self._data.get(key)
        if value is not None and not isinstance(value, str):
            raise NotAReport(f"{self._where}{key} is no text")
        return value

    def text(self, key: str) -> str:
        value = self.optional(key)
        if value is None:
            raise NotAReport(f"{self._where}{key} is missing")
        return value

    def number_or_none(self, key: str) -> float | None:
        value = self._data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_S:
            raise NotAReport(f"{self._where}{key} is no number that can be")
        return value

    def number(self, key: str) -> float:
        value = self.number_or_none(key)
        if value is None:
            raise NotAReport(f"{self._where}{key} is missing")
        return value

    def word(self, key: str, words: type[W]) -> W | None:
        value = self.optional(key)
        try:
            return None if value is None else words(value)
        except ValueError as error:
            raise NotAReport(
                f"{self._where}{key} is a word that this version of enlist does not know"
            ) from error

    def known(self, key: str, words: type[W]) -> W:
        value = self.word(key, words)
        if value is None:
            raise NotAReport(f"{self._where}{key} is missing")
        return value

    def parts(self, key: str) -> "Iterator[_Part]":
        value = self._data.get(key)
        if not isinstance(value, list):
            raise NotAReport(f"{self._where}{key} is no list")
        return (_Part(item, f"{self._where}{key}[{number}].") for number, item in enumerate(value))


def _outcome(part: _Part) -> Outcome:
    return Outcome(
        registration=part.text("name"),
        state=part.known("outcome", OutcomeState),
        required=True,
        span=Span(part.text("place"), 1, 1, 1, 1),
        started_s=part.number("started_s"),
        ended_s=part.number("ended_s"),
        attempts=tuple(_attempt(each) for each in part.parts("attempts")),
        class_name=part.optional("class"),
        reason=part.word("reason", Reason),
        message=part.optional("message"),
        exit_status=int(part.number("exit_status")),
    )


def _attempt(part: _Part) -> Attempt:
    status, body = part.number_or_none("status"), part.optional("body")
    started_s = part.number("started_s")
    return Attempt(
        verb=part.known("verb", VerbName),
        step=part.text("step"),
        number=int(part.number("number")),
        method=part.text("method"),
        url="",
        started_s=started_s,
        ended_s=max(started_s, part.number("ended_s")),
        status=None if status is None else math.floor(status),
        error_kind=part.word("error_kind", TransportKind),
        processed=part.word("processed", Processed),
        class_name=part.optional("class"),
        message=part.optional("message"),
        decision=part.optional("decision"),
        wait_s=part.number_or_none("wait_s"),
        retry_after_s=part.number_or_none("retry_after_s"),
        body=None if body is None else Secret(body),
        body_note=part.optional("body_note"),
    )
