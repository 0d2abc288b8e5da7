"""Every way an attempt can end without an answer, as exactly one ``TransportFailure``.

The kind follows from the exception and the phase, the processed flag from the phase alone. The classes of
aiohttp overlap (a certificate error is also an OSError and a ValueError, a time-out an OSError), so the
order of ``RULES`` is part of their meaning. Messages are for operations people: causes and addresses, never
a library's class name, and never a library's text that may repeat the URL.
"""

import re
import ssl
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError

from runner.adapters.http import connecting
from runner.adapters.http.attempt import WireAttempt, WirePhase
from runner.adapters.http.once import Broken, ConnectTimedOut
from runner.adapters.http.refusal import Refused
from runner.adapters.http.words import Named, header_map, in_words, seconds
from runner.language.terms import Processed, TransportKind
from runner.model.exchange import TransportFailure

QUOTE = re.compile(r""":?\s+b?['"]|:?\s*\n""")


def failure_of(error: Exception, attempt: WireAttempt) -> TransportFailure:
    """Return the failure that an exception stands for."""
    if isinstance(error, Broken):
        error = error.cause
    kind, message = next(rule(error, attempt) for classes, rule in RULES if isinstance(error, classes))
    return _failed(kind, message, attempt, error)


def attempt_timeout(attempt: WireAttempt) -> TransportFailure:
    """Return the failure of an attempt that ran out of its time."""
    within = f"within {seconds(attempt.limits.attempt_s)}"
    kind, message = {
        WirePhase.CONNECTING: (TransportKind.TOTAL_TIMEOUT, _not_connected_in(within, attempt)),
        WirePhase.CONNECTED: (
            TransportKind.TOTAL_TIMEOUT,
            f"nothing could be sent to {attempt.peer} {within}",
        ),
        WirePhase.SENT: (TransportKind.READ_TIMEOUT, f"no answer {within}"),
        WirePhase.ANSWERING: (
            TransportKind.READ_TIMEOUT_BODY,
            f"the answer began and was not complete {within}",
        ),
    }[attempt.phase]
    if attempt.phase is WirePhase.SENT and attempt.unsent_bytes > 0:
        kind, message = TransportKind.TOTAL_TIMEOUT, f"{attempt.peer} did not take the request {within}"
    return _failed(kind, message, attempt, None)


def _not_connected_in(within: str, attempt: WireAttempt) -> str:
    """Name what took so long: a name server that does not answer is no server that does not."""
    text = f"no connection to {attempt.hop} {within}"
    if attempt.looking_up is None:
        return text
    return f"{text}: DNS does not answer, the name {attempt.looking_up} is still being looked up"


def _failed(
    kind: TransportKind, message: str, attempt: WireAttempt, error: Exception | None
) -> TransportFailure:
    processed, status, headers = attempt.processed, attempt.status, attempt.headers
    if kind is TransportKind.DISCONNECTED_MID_HEADERS:
        processed = Processed.STARTED  # the parser holds a status line, which the trace is not told of
    if isinstance(error, Refused) and error.status is not None:
        processed, status = Processed.STARTED, error.status
    if isinstance(error, aiohttp.ClientHttpProxyError):
        status, headers = error.status, header_map(error.headers)
    return TransportFailure(kind=kind, processed=processed, message=message, status=status, headers=headers)


def _refused(error: Refused, _attempt: WireAttempt) -> Named:
    return error.kind, error.message


def _connect_timeout(_error: Exception, attempt: WireAttempt) -> Named:
    within = f"within {seconds(attempt.limits.connect_s)}"
    if attempt.looking_up is None and attempt.proxy:
        via = f"no connection to {attempt.peer} through the proxy {attempt.proxy} {within}"
        return TransportKind.CONNECT_TIMEOUT, via
    return TransportKind.CONNECT_TIMEOUT, _not_connected_in(within, attempt)


def _invalid_url(_error: Exception, attempt: WireAttempt) -> Named:
    return TransportKind.INVALID_URL, f"the address {attempt.peer} is not valid"


def _unicode(error: UnicodeError, attempt: WireAttempt) -> Named:
    if attempt.phase is WirePhase.CONNECTING:  # a label of the host name that is too long or empty
        return _invalid_url(error, attempt)
    return _request_invalid(error, attempt)


def _proxy_rejected(error: aiohttp.ClientHttpProxyError, attempt: WireAttempt) -> Named:
    message = f"{attempt.hop} refused the way to {attempt.peer} with status {error.status}"
    return TransportKind.PROXY_REJECTED, message


def _not_http(error: Exception, attempt: WireAttempt) -> Named:
    """A reply that is not HTTP; aiohttp gives it status 400, which no server sent."""
    detail = _parser_words(error)
    if attempt.phase is WirePhase.CONNECTING:
        return TransportKind.PROXY_PROTOCOL, f"the answer of {attempt.hop} is not valid HTTP: {detail}"
    return TransportKind.PROTOCOL_ERROR, f"the answer is not valid HTTP: {detail}"


def _parser_words(error: Exception) -> str:
    """Return what the parser said up to where it quotes the server's bytes, which may repeat ours."""
    for cause in _chain(error):
        if isinstance(cause, HttpProcessingError) and cause.message:
            return QUOTE.split(str(cause.message).strip(), maxsplit=1)[0]
    return "it cannot be read"


def _body_cut(error: Exception, _attempt: WireAttempt) -> Named:
    if any(isinstance(cause, ContentEncodingError) for cause in _chain(error)):
        return TransportKind.BODY_UNDECODABLE, "the answer's body cannot be decoded"
    return TransportKind.DISCONNECTED_MID_BODY, "the connection ended in the middle of the answer's body"


def _lost(error: Exception, attempt: WireAttempt) -> Named:
    """A connection that broke; one cause has many shapes, so only the phase tells them apart."""
    alert = next((cause for cause in _chain(error) if isinstance(cause, ssl.SSLError)), None)
    if attempt.phase is WirePhase.CONNECTING:
        return _lost_while_connecting(attempt)
    if attempt.phase is WirePhase.ANSWERING:
        return _body_cut(error, attempt)
    if alert is not None:
        return (
            TransportKind.TLS_ALERT_AFTER_HANDSHAKE,
            f"TLS with {attempt.peer} ended after the handshake: {in_words(alert)}",
        )
    # The message of a clean end is what the parser holds by then: the C parser's object or plain text.
    if isinstance(error, aiohttp.ServerDisconnectedError) and _holds_status_line(error.message):
        message = f"{attempt.peer} closed the connection in the middle of the answer's headers"
        return TransportKind.DISCONNECTED_MID_HEADERS, message
    how = "reset" if isinstance(error, OSError) else "closed"
    return TransportKind.DISCONNECTED_BEFORE_RESPONSE, f"{attempt.peer} {how} the connection before an answer"


def _lost_while_connecting(attempt: WireAttempt) -> Named:
    message = f"{attempt.hop} closed the connection while it was being made"
    if attempt.proxy:
        return TransportKind.PROXY_DISCONNECTED, message
    return (TransportKind.TLS_HANDSHAKE if attempt.secure else TransportKind.CONNECT_RESET), message


def _holds_status_line(message: object) -> bool:
    """Whether a disconnect carries a partial answer; aiohttp's own text otherwise is one fixed phrase."""
    return not isinstance(message, str) or message.startswith("HTTP/")


def _request_invalid(_error: Exception, _attempt: WireAttempt) -> Named:
    return TransportKind.REQUEST_INVALID, "the request cannot be written as HTTP"


def _internal(error: Exception, _attempt: WireAttempt) -> Named:
    return TransportKind.INTERNAL, f"an unforeseen error ({type(error).__name__}); please report it"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


Rule: TypeAlias = Callable[[Any, WireAttempt], Named]

RULES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Rule], ...] = (
    (Refused, _refused),
    (ConnectTimedOut, _connect_timeout),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), _invalid_url),
    ((aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch), connecting.not_trusted),
    (aiohttp.ClientConnectorSSLError, connecting.handshake_failed),
    (aiohttp.ClientHttpProxyError, _proxy_rejected),
    (aiohttp.ClientConnectorDNSError, connecting.name_not_found),
    (aiohttp.ClientConnectorError, connecting.not_connected),
    ((aiohttp.ClientResponseError, HttpProcessingError), _not_http),
    (aiohttp.ClientPayloadError, _body_cut),
    ((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ssl.SSLError), _lost),
    (UnicodeError, _unicode),
    ((ValueError, TypeError), _request_invalid),
    (Exception, _internal),
)
