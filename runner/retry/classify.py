"""Which failure class takes an attempt.

The order of classifying is the contract: what the transport says, then the file's classes (for any status,
2xx included), then the step's own expectations, then the built-in classes.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import UNSET, Struct, structs
from msgspec.structs import replace

from runner.language.classes import Match
from runner.language.requests import Capture, CaptureFrom
from runner.language.terms import Processed, TransportKind
from runner.language.value import Json, Named
from runner.model.bound import Scope
from runner.model.exchange import Exchange, TransportFailure
from runner.model.failure import Failure, Success
from runner.model.plan import FailureClass, Step
from runner.model.secret import Secret, Value
from runner.retry.answer import Answer, Quote, cause_of, furthest, read_answer, server_words, without_body
from runner.retry.retry_after import RetryAfter, parse_retry_after
from runner.values import path, pattern
from runner.values.condition import describe, holds, render_name, rendered_path
from runner.values.document import as_value, hidden, secrets_of
from runner.values.template import RenderError

# Mistakes in what we send, and our own: a catch-all of the file that took them would hide them.
_NEVER_CAUGHT = frozenset(
    {
        TransportKind.INVALID_URL,
        TransportKind.REQUEST_INVALID,
        TransportKind.INTERNAL,
        TransportKind.CANCELLED,
    }
)


_MAX_SECRET_CHARS = 16 * 1024
"""Learning them stops the loop. Measured: up to 20 ms."""
_SUCCESSES = range(200, 300)
_MAX_INSTEAD = 120
"""How many characters are shown of what was there in place of what was expected."""


class _Unmet(Struct, frozen=True):
    """Why an answer is not what the step expects."""

    message: str
    by_status: bool = False
    may_come: bool = True
    """Whether waiting can help: a body that is no document, or a mistake of the file, stays what it is."""


class History(Struct, frozen=True, kw_only=True):
    """What happened to a step before the attempt that is classified."""

    earlier: Processed = Processed.NEVER
    """How far any earlier request of the step got; ``processed`` conditions see the furthest."""
    login_is_new: bool = False
    """The login was renewed and nothing has succeeded since: renewing it again would not help."""


def classify(
    step: Step, exchange: Exchange, scope: Scope, *, history: History, now: datetime, quote: Quote
) -> Failure | Success:
    """Classify one attempt.

    Args:
        step: what was sent, with its classes and expectations.
        exchange: what came of it.
        scope: what placeholders in conditions stand for.
        history: what happened to the step before.
        now: the wall clock, for a Retry-After that is a date.
        quote: makes a server's text fit to be shown.

    Returns:
        The captures of a success, or the failure with its class.
    """
    answer = without_body(read_answer(exchange), step.expect.status)
    history = replace(history, earlier=furthest(answer.processed, history.earlier))
    unmet: _Unmet | None = None
    captures: dict[str, Value] = {}
    taken = None
    if answer.kind not in _NEVER_CAUGHT:
        taken = _first_match(step.declared, answer, None, scope, history)
    if taken is None and answer.kind is None:
        unmet = _unmet_status(step, answer) or _unmet_rest(step, answer, scope, captures, quote)
        if unmet is None:
            return Success(captures)
    if taken is None:
        # Where there is a status, it says more than what was wrong with the body.
        by_status = replace(answer, kind=None) if answer.status_counts else answer
        taken = _first_match(step.built_in, by_status, unmet, scope, history)
    after = parse_retry_after(answer.headers, now, quote)
    return _failure(taken or step.built_in[-1], answer, unmet, after, quote, scope)


def captures_of(step: Step, exchange: Exchange, scope: Scope) -> dict[str, Value]:
    """Return what can be captured from an answer that a class declared a success."""
    answer = read_answer(exchange)
    found = {capture.name: _affordable(capture, answer, scope) for capture in step.captures}
    return {name: value for name, value in found.items() if value is not None}


def secrets_in(step: Step, exchange: Exchange, scope: Scope) -> Iterator[Secret]:
    """Yield what the step's secret captures find in an answer, whatever becomes of it: a refusal may hold them too."""
    captures = [structs.replace(capture, default=None) for capture in step.captures if capture.secret]
    if captures:
        answer = read_answer(exchange)
        for capture in captures:
            yield from secrets_of(_affordable(capture, answer, scope))


def within_bounds(step: Step, exchange: Exchange, scope: Scope) -> Exchange:
    """Return the exchange; as one whose answer is too large where more of it is secret than can be kept secret."""
    size = sum(len(secret.value) for secret in secrets_in(step, exchange, scope))
    if size <= _MAX_SECRET_CHARS:
        return exchange
    return TransportFailure(
        kind=TransportKind.PAYLOAD_TOO_LARGE,
        processed=Processed.STARTED,
        message=f"the secrets to capture have {size} characters, and at most {_MAX_SECRET_CHARS} are taken",
        status=exchange.status,
        headers=exchange.headers,
    )


def _failure(
    taken: FailureClass, answer: Answer, unmet: _Unmet | None, after: RetryAfter, quote: Quote, scope: Scope
) -> Failure:
    cause = cause_of(answer, quote)
    if unmet is not None and (not unmet.by_status or answer.status in _SUCCESSES):
        cause += f", but {unmet.message}"
    words_at, unasked = _path_of(taken, scope)
    return Failure(
        failure_class=taken,
        processed=answer.processed,
        message=cause,
        status=answer.status,
        kind=answer.kind,
        server_message=server_words(answer, words_at, quote),
        retry_after_s=after.seconds,
        note="; ".join(filter(None, (after.problem, unasked))) or None,
    )


def _path_of(taken: FailureClass, scope: Scope) -> tuple[str | None, str | None]:
    """Return where the server's own words are, or why that cannot be asked and the usual places are looked at."""
    try:
        return None if taken.message is None else rendered_path(taken.message, scope), None
    except RenderError as error:
        return None, f"message cannot be asked for: {error}"


def _first_match(
    classes: Iterable[FailureClass], answer: Answer, unmet: _Unmet | None, scope: Scope, history: History
) -> FailureClass | None:
    for candidate in classes:
        if any(_matches(match, answer, unmet, scope, history) for match in candidate.match):
            return candidate
    return None


def _matches(match: Match, answer: Answer, unmet: _Unmet | None, scope: Scope, history: History) -> bool:
    """Whether all parts of a match hold; those that cost least are asked first."""
    if match.expectation_unmet and (unmet is None or not unmet.may_come):
        return False
    if match.expectation_unmet and unmet is not None and unmet.by_status != (match.status is not None):
        return False
    if match.status is not None and (answer.status is None or answer.status not in match.status):
        return False
    if (match.headers or match.body or match.text) and answer.status is None:
        return False
    if match.status is not None and not answer.status_counts:
        return False
    if match.kinds is not None and answer.kind not in match.kinds:
        return False
    if match.processed is not None and history.earlier not in match.processed:
        return False
    if match.renewable_login and history.login_is_new:
        return False
    try:
        return (
            (match.text is None or (answer.kind is None and holds(match.text, answer.text, scope)))
            and all(_header_holds(named, answer, scope) for named in match.headers)
            and all(_body_holds(named, answer, scope) for named in match.body)
        )
    except RenderError:
        return False


def _header_holds(named: Named, answer: Answer, scope: Scope) -> bool:
    return holds(named.condition, answer.headers.get(render_name(named.name, scope).lower()), scope)


def _body_holds(named: Named, answer: Answer, scope: Scope) -> bool:
    if answer.kind is not None:
        return False
    asked, found = path.search(render_name(named.name, scope), answer.document, answer.budget)
    return asked and holds(named.condition, found, scope)


def _unmet_status(step: Step, answer: Answer) -> _Unmet | None:
    if answer.status in step.expect.status:
        return None
    return _Unmet(f"{step.expect.status} was expected", by_status=True)


def _unmet_rest(
    step: Step, answer: Answer, scope: Scope, captures: dict[str, Value], quote: Quote
) -> _Unmet | None:
    """Check headers, body and captures; ``captures`` is filled on the way."""
    needs_document = step.expect.body or any(c.source is CaptureFrom.BODY for c in step.captures)
    if needs_document and answer.no_document is not None:
        return _Unmet(answer.no_document, may_come=False)
    try:
        for named in step.expect.headers:
            if not _header_holds(named, answer, scope):
                found = answer.headers.get(render_name(named.name, scope).lower())
                return _Unmet(f"the header {describe(named)} does not hold: {_instead(found, quote)}")
        for named in step.expect.body:
            if not _body_holds(named, answer, scope):
                _, there = path.search(render_name(named.name, scope), answer.document, answer.budget)
                return _Unmet(f"{describe(named)} does not hold: {_instead(there, quote)}")
        for capture in step.captures:
            value = _capture(capture, answer, scope)
            if value is None and not capture.has_default:
                has = _keys_instead(answer, quote) if capture.source is CaptureFrom.BODY else ""
                sought = (
                    f"{capture.pattern} in {capture.expression}" if capture.pattern else capture.expression
                )
                return _Unmet(f'nothing was found for the capture "{capture.name}" ({sought}){has}')
            captures[capture.name] = value
    except (RenderError, path.PathError) as error:
        return _Unmet(str(error), may_come=False)
    return None


def _affordable(capture: Capture, answer: Answer, scope: Scope) -> Value:
    """Return what a capture finds; nothing where it cannot be asked, or takes too long."""
    try:
        return _capture(capture, answer, scope)
    except RenderError:
        return None


def _instead(found: Json, quote: Quote) -> str:
    """Return what was there in place of what was expected."""
    if found is None:
        return "nothing is there"
    return f"it is {_cut(json.dumps(found, ensure_ascii=False), quote)}"


def _keys_instead(answer: Answer, quote: Quote) -> str:
    if not isinstance(answer.document, dict) or not answer.document:
        return ""
    return f": the answer has {_cut(', '.join(answer.document), quote)}"


def _cut(text: str, quote: Quote) -> str:
    said = quote(text, _MAX_INSTEAD + 1)
    return said if len(said) <= _MAX_INSTEAD else f"{said[: _MAX_INSTEAD - 3]}..."


def _capture(capture: Capture, answer: Answer, scope: Scope) -> Value:
    value: Json
    match capture.source:
        case CaptureFrom.BODY:
            asked = rendered_path(capture.body or "", scope)
            _, value = path.search(asked, answer.document, answer.budget)
        case CaptureFrom.HEADER:
            value = answer.headers.get(capture.expression.lower())
        case CaptureFrom.TEXT:
            value = pattern.find(capture.expression, answer.text)
    if capture.pattern is not None:
        value = pattern.find(capture.pattern, value) if isinstance(value, str) else None
    if value is None and capture.default is not UNSET:
        value = capture.default
    return hidden(value) if capture.secret else as_value(value)
