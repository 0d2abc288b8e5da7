"""One request and what came of it, as the transport port sees them.

Two axes describe a failed exchange, and neither follows from the other: *what* failed (``TransportKind``)
and whether the server may have acted on the request all the same (``Processed``).
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from runner.language.terms import Processed, TransportKind
from runner.model.secret import Text

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request(Struct, frozen=True, kw_only=True):
    """A rendered request, ready for the wire."""

    endpoint: str
    step: str
    """The step it belongs to: for logs and for scripted transports, never sent."""
    method: str
    url: Text
    asker: tuple[str, str] = ("", "")
    """The registration and the verb, for replays; never sent."""
    headers: tuple[tuple[str, Text], ...] = ()
    body: bytes | None = None
    fresh_connection: bool = False
    """Asked for by a retry, as the old connection is part of what may have failed, and by what must not be retried."""

    def __repr__(self) -> str:  # a body may hold secrets
        return f"Request({self.method} {self.url}, step {self.step})"


class Limits(Struct, frozen=True):
    """How long one attempt may take."""

    attempt_s: float
    connect_s: float


class Response(Struct, frozen=True, kw_only=True, weakref=True):
    """A complete answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = NO_HEADERS
    body: bytes = b""

    def __repr__(self) -> str:  # a body may hold secrets
        return f"Response({self.status}, {len(self.body)} bytes)"


class TransportFailure(Struct, frozen=True, kw_only=True, weakref=True):
    """An exchange that ended without a complete answer."""

    kind: TransportKind
    processed: Processed
    message: str
    """The cause in words for people; never a library's class name."""
    status: int | None = None
    """The status, where one had arrived (a cut body, a proxy's refusal)."""
    headers: Mapping[str, str] = NO_HEADERS


Exchange = Response | TransportFailure
