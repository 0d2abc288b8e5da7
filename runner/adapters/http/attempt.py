"""How far one attempt got, and whom it was made to: what the trace writes and the failures read.

The phase is the only source of ``processed``: the same exception is raised for a server that never saw the
request and for one that acted on it, so an exception's class proves nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from enum import IntEnum

from msgspec import Struct

from runner.language.terms import Processed
from runner.model.exchange import NO_HEADERS, Limits


class WirePhase(IntEnum):
    """The stations of an attempt, in their order."""

    CONNECTING = 0
    """No connection yet: names, addresses, handshakes, the proxy's tunnel."""
    CONNECTED = 1
    SENT = 2
    """The first byte may have left: the event comes just before, so the error is on the safe side."""
    ANSWERING = 3
    """The answer's headers are complete."""


class WireAttempt(Struct, kw_only=True):
    """One attempt under way."""

    limits: Limits
    on_sent: Callable[[], None]
    """Told once, when the first byte may leave: after a cancellation it is all that the engine knows."""
    peer: str = "the server"
    """Host and port, or the socket's path: never a URL, which may hold secrets."""
    proxy: str | None = None
    secure: bool = False
    over_socket: bool = False
    own_trust: bool = False
    """The endpoint names its own CA file, so the system's store is not asked."""
    phase: WirePhase = WirePhase.CONNECTING
    looking_up: str | None = None
    """The host name that is being looked up."""
    unsent_bytes: int = 0
    """What is left of the body."""
    status: int | None = None
    headers: Mapping[str, str] = NO_HEADERS
    connect_timer: asyncio.Timeout | None = None

    @property
    def processed(self) -> Processed:
        """Whether the server may have acted on the request."""
        if self.phase is WirePhase.ANSWERING:
            return Processed.STARTED
        return Processed.MAYBE if self.phase is WirePhase.SENT else Processed.NEVER

    @property
    def hop(self) -> str:
        """The peer of the first connection: the proxy if there is one."""
        return f"the proxy {self.proxy}" if self.proxy else self.peer

    def reach(self, phase: WirePhase) -> None:
        """Note that a station was reached; once there is a connection, the time for making one is moot."""
        if self.phase < WirePhase.SENT <= phase:
            self.on_sent()
        self.phase = max(self.phase, phase)
        if self.connect_timer is not None and not self.connect_timer.expired():
            self.connect_timer.reschedule(None)
            self.connect_timer = None
