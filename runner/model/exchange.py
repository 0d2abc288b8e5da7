"""One request and what came of it, as the transport port sees them.

Two axes describe a failed exchange, and neither follows from the other: *what* failed (``TransportKind``)
and whether the server may have acted on the request all the same (``Processed``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from runner.model.secret import Text

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Processed(StrEnum):
    """How far a request got."""

    NEVER = "never"
    """Nothing was sent: any request may be repeated."""
    MAYBE = "maybe"
    """It was sent and no answer was read."""
    STARTED = "started"
    """An answer had begun."""


class TransportKind(StrEnum):
    """Everything that can go wrong without a complete, readable answer: a closed list."""

    DNS = "dns"
    DNS_TEMPORARY = "dns-temporary"
    CONNECT_REFUSED = "connect-refused"
    CONNECT_UNREACHABLE = "connect-unreachable"
    CONNECT_TIMEOUT = "connect-timeout"
    CONNECT_RESET = "connect-reset"
    LOCAL_RESOURCE = "local-resource"
    TLS_VERIFY = "tls-verify"
    TLS_HANDSHAKE = "tls-handshake"
    TLS_ALERT_AFTER_HANDSHAKE = "tls-alert-after-handshake"
    PROXY_CONNECT = "proxy-connect"
    PROXY_REJECTED = "proxy-rejected"
    PROXY_DISCONNECTED = "proxy-disconnected"
    PROXY_PROTOCOL = "proxy-protocol"
    DISCONNECTED_BEFORE_RESPONSE = "disconnected-before-response"
    DISCONNECTED_MID_HEADERS = "disconnected-mid-headers"
    READ_TIMEOUT = "read-timeout"
    TOTAL_TIMEOUT = "total-timeout"
    PROTOCOL_ERROR = "protocol-error"
    BODY_UNDECODABLE = "body-undecodable"
    DISCONNECTED_MID_BODY = "disconnected-mid-body"
    READ_TIMEOUT_BODY = "read-timeout-body"
    PAYLOAD_TOO_LARGE = "payload-too-large"
    RESPONSE_INVALID = "response-invalid"
    INVALID_URL = "invalid-url"
    REQUEST_INVALID = "request-invalid"
    CANCELLED = "cancelled"
    INTERNAL = "internal"

    @property
    def usual_processed(self) -> Processed:
        """How far a request usually got when this happened; the transport knows better, scripts do not."""
        if self in _BEFORE_SENDING:
            return Processed.NEVER
        return Processed.MAYBE if self in _BEFORE_ANSWERING else Processed.STARTED


_BEFORE_SENDING = {
    TransportKind.DNS,
    TransportKind.DNS_TEMPORARY,
    TransportKind.CONNECT_REFUSED,
    TransportKind.CONNECT_UNREACHABLE,
    TransportKind.CONNECT_TIMEOUT,
    TransportKind.CONNECT_RESET,
    TransportKind.LOCAL_RESOURCE,
    TransportKind.TLS_VERIFY,
    TransportKind.TLS_HANDSHAKE,
    TransportKind.PROXY_CONNECT,
    TransportKind.PROXY_REJECTED,
    TransportKind.PROXY_DISCONNECTED,
    TransportKind.PROXY_PROTOCOL,
    TransportKind.INVALID_URL,
    TransportKind.REQUEST_INVALID,
    TransportKind.INTERNAL,
}
_BEFORE_ANSWERING = {
    TransportKind.TLS_ALERT_AFTER_HANDSHAKE,
    TransportKind.DISCONNECTED_BEFORE_RESPONSE,
    TransportKind.READ_TIMEOUT,
    TransportKind.TOTAL_TIMEOUT,
    TransportKind.PROTOCOL_ERROR,
    TransportKind.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A rendered request, ready for the wire."""

    endpoint: str
    step: str
    """The step it belongs to: for logs and for scripted transports, never sent."""
    method: str
    url: Text
    asker: tuple[str, str] = ("", "")
    """The registration and the verb, for replays; never sent."""
    headers: tuple[tuple[str, Text], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    fresh_connection: bool = False
    """Asked for by a retry, as the old connection is part of what may have failed, and by what must not be retried."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one attempt may take."""

    attempt_s: float
    connect_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A complete answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportFailure:
    """An exchange that ended without a complete answer."""

    kind: TransportKind
    processed: Processed
    message: str
    """The cause in words for people; never a library's class name."""
    status: int | None = None
    """The status, where one had arrived (a cut body, a proxy's refusal)."""
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)


Exchange = Response | TransportFailure
