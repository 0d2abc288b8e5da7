"""Words that a file shares with a run: how an attempt failed, how a registration ends, and references by name."""

from enum import StrEnum
from typing import Annotated

from runner.language.key import Key
from runner.language.kinds import ENDPOINT_NAME, POLICY_NAME, choice, defined
from runner.language.value import Name

PolicyName = Annotated[
    Name | None, Key(POLICY_NAME, also={"retry": "it names one of the retry_policies", "retry_policy": ""})
]
EndpointName = Annotated[Name | None, Key(ENDPOINT_NAME)]


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


PROCESSED = defined(
    choice(Processed),
    "processed",
    "Processed",
    "never: nothing was sent. maybe: sent, no answer read. started: an answer began to arrive.",
    "never",
)
TRANSPORT_KIND = defined(
    choice(
        TransportKind,
        also={
            "timeout": "total-timeout",
            "refused": "connect-refused",
            "tls": "tls-handshake",
            "certificate": "tls-verify",
        },
    ),
    "transport_kind",
    "Transport error",
    "How an attempt failed without a usable response.",
    "connect-refused",
)


class VerbName(StrEnum):
    """What a step is for; the built-in failure classes decide differently for each."""

    REGISTER = "register"
    VERIFY = "verify"
    HEARTBEAT = "heartbeat"
    DEREGISTER = "deregister"


class OutcomeState(StrEnum):
    """How a registration ended."""

    REGISTERED = "registered"
    ALREADY_REGISTERED = "already_registered"
    LOST = "lost"
    """It was active, and its beats are refused; it is tried again at the cadence."""
    DEREGISTERED = "deregistered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def succeeded(self) -> bool:
        """Whether what was asked for is now so."""
        return self.is_active or self is self.DEREGISTERED

    @property
    def is_active(self) -> bool:
        """Whether the control plane knows the registration."""
        return self in {self.REGISTERED, self.ALREADY_REGISTERED}

    @property
    def is_failure(self) -> bool:
        """Whether it went wrong: not merely left out or interrupted."""
        return self in {self.FAILED, self.UNKNOWN, self.LOST}


class Reason(StrEnum):
    """Why a failed registration was not tried again."""

    FATAL = "fatal"
    ATTEMPTS = "attempts"
    DEADLINE = "deadline"
    RETRY_AFTER = "retry_after"
    VERIFY = "verify"


class Cause(StrEnum):
    """Why a run ends."""

    SIGNAL = "signal"
    SUCCESS = "success"
    """The application ended by itself, with 0."""
    EXIT = "exit"
    """The application ended by itself."""
    FAILURE = "failure"
    """A required registration failed."""
