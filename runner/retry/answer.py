"""What classifying sees of one exchange: the answer with its document read once, and the server's own words."""

import http
import json
import re
import weakref
from collections.abc import Callable, Container, Mapping

from msgspec import Struct
from msgspec.structs import replace

from runner.language.terms import Processed, TransportKind
from runner.language.value import Json
from runner.model.exchange import Exchange, Response
from runner.retry.words import words_of
from runner.values import path
from runner.values.budget import Budget

_MAX_WORDS = 300
"""How many characters of a server's own words are shown."""
_MAX_WORDS_WITH_SPACES = 4000
_MAX_LOCATION = 300
_AFTER_PATH = re.compile("[?#]")
_ORDER = (Processed.NEVER, Processed.MAYBE, Processed.STARTED)
_REFUSALS_5XX = frozenset({501, 503, 505, 506, 510, 511})
"""503 defers, the others say that the server cannot do what was asked; any other 5xx may come after the work was."""

Quote = Callable[[str, int], str]
"""Gives the beginning of a server's text without secrets. Nothing here cuts such a text itself: half a secret is not
known as one."""


class Answer(Struct, frozen=True, kw_only=True):
    """One exchange, ready to be asked about."""

    status: int | None
    kind: TransportKind | None
    headers: Mapping[str, str]
    text: str
    document: Json
    no_document: str | None
    """Why there is no document, if there is none."""
    processed: Processed
    """Whether the server may have acted on this request."""
    cause: str
    """What happened, in words of our own."""
    budget: Budget
    """What may still be spent on asking the document."""
    status_counts: bool
    """Whether classes are asked about the status: it is the server's own, or that of a proxy in its place."""


class _Last:
    """The answer that was read last, for as long as its exchange lives."""

    exchange: Callable[[], Exchange | None] = staticmethod(lambda: None)
    answer: Answer | None = None


def read_answer(exchange: Exchange) -> Answer:
    """Return what classifying needs to know of an exchange; whoever asks again, as several do in a row, reads no more."""
    if _Last.answer is None or _Last.exchange() is not exchange:
        _Last.answer = _read(exchange)
        _Last.exchange = weakref.ref(exchange, _forget)
    return _Last.answer


def _forget(gone: Callable[[], Exchange | None]) -> None:
    if _Last.exchange is gone:
        _Last.answer = None


def _read(exchange: Exchange) -> Answer:
    if not isinstance(exchange, Response):
        return Answer(
            status=exchange.status,
            kind=exchange.kind,
            headers=exchange.headers,
            text="",
            document=None,
            no_document="there is no answer",
            processed=exchange.processed,
            cause=exchange.message,
            budget=Budget(),
            status_counts=exchange.kind is TransportKind.PROXY_REJECTED,
        )
    document: Json = None
    no_document = None
    try:
        document = path.read_document(exchange.body)
    except path.NoDocument as error:
        no_document = str(error)
    return Answer(
        status=exchange.status,
        kind=None,
        headers=exchange.headers,
        text=exchange.body.decode("utf-8", errors="replace"),
        document=document,
        no_document=no_document,
        processed=_processed_by(exchange.status),
        cause=_status_in_words(exchange.status),
        budget=Budget(),
        status_counts=True,
    )


def furthest(one: Processed, other: Processed) -> Processed:
    """Return the one that got further."""
    return max(one, other, key=_ORDER.index)


def _processed_by(status: int) -> Processed:
    """Whether an answer of this status leaves an effect possible.

    A refusal (3xx, 4xx) and a deferral (408, 421, 425, 429, 503) say that nothing was done; another 5xx leaves
    it open (a created object and a 500 was seen on several servers).
    """
    refused = 300 <= status < 500 or status in _REFUSALS_5XX
    return Processed.NEVER if refused else Processed.STARTED


def _status_in_words(status: int) -> str:
    try:
        return f"answered {status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"answered {status}"


def without_body(answer: Answer, expected: Container[int]) -> Answer:
    """Return an answer as its head alone tells it where its body could not be read, unless its status asks for the body.

    An error answer is what its status says: cut, too large, or in a coding that lies.
    """
    if answer.kind is None or answer.status is None or answer.status_counts or answer.status in expected:
        return answer
    return replace(
        answer,
        processed=_processed_by(answer.status),
        cause=f"{_status_in_words(answer.status)}, but {answer.cause}",
        status_counts=True,
    )


def cause_of(answer: Answer, quote: Quote) -> str:
    """Return what happened in words, with where a redirect leads to; its query and fragment may hold anything."""
    if answer.kind is not None or answer.status is None or answer.status // 100 != 3:
        return answer.cause
    if "location" not in answer.headers:
        return answer.cause
    target = _AFTER_PATH.split(quote(answer.headers["location"], _MAX_LOCATION), maxsplit=1)[0]
    return f"{answer.cause}, a redirect to {target}, which is not followed"


def server_words(answer: Answer, message: str | None, quote: Quote) -> str | None:
    """Return the server's own words about a failure.

    Args:
        answer: what it said.
        message: the class's JMESPath to the words; without it they are looked for in the usual shapes.
        quote: makes them fit to be shown.
    """
    if answer.status is None:
        return None
    limit = _MAX_WORDS
    if message is not None:
        try:
            _, found = path.search(message, answer.document, answer.budget)
        except path.PathCost:
            return None
        words = found if isinstance(found, str) else (json.dumps(found) if found is not None else None)
    else:
        refused = answer.status >= 400
        words, limit = words_of(answer.document, answer.text, answer.headers, refused=refused)
    if not words:
        return None
    said = " ".join(quote(words.strip(), _MAX_WORDS_WITH_SPACES).split())
    if not said or f"answered {said}" == answer.cause:  # a page whose title is the status
        return None
    return said if len(said) <= limit else f"{said[: limit - 3]}..."
