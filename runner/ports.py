"""What the engine needs from the world, as protocols: time of day, chance, servers, listeners, files.

Elapsed time is not among them: it has one line, the running loop's own clock, which virtual time replaces
as a whole. Adapters implement these; ``commands`` choose which.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from runner.model.event import RunEvent
from runner.model.exchange import Exchange, Limits, Request, TransportFailure


class WallClock(Protocol):
    """The time of day, for logs and date headers only."""

    def now(self) -> datetime:
        """Return the current time, with its zone."""
        ...


class Random(Protocol):
    """Chance: jitter and nothing else."""

    def __call__(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        ...


class Transport(Protocol):
    """Talks to servers."""

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        """Send one request exactly once, and read the whole answer.

        Args:
            request: what to send, and to which endpoint.
            limits: bounds in seconds on the attempt and on making its connection.
            on_sent: called when the server may have begun to see the request; after a cancellation it is
                all that is known.

        Returns:
            The answer, whatever its status, or what went wrong; a redirect is an answer.

        Raises:
            asyncio.CancelledError: and nothing else that is not a bug.
        """
        ...

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str | TransportFailure:
        """Return this machine's address on the way to an endpoint, without sending anything.

        Args:
            endpoint: which.
            url: which of its addresses.
            connect_s: bounds looking up its name.
        """
        ...


class Reporter(Protocol):
    """Listens to a run."""

    def on_event(self, event: RunEvent) -> None:
        """Take note of one event; must neither raise nor wait."""
        ...


class FileTooLarge(Exception):
    """A file has more bytes than its reader takes."""


class Files(Protocol):
    """Reads what a command or a placeholder names, and writes reports."""

    def read(self, path: str, max_bytes: int) -> bytes:
        """Return a file's bytes; ``-`` is standard input.

        Raises:
            OSError: when it cannot be read.
            FileTooLarge: when it is larger than ``max_bytes``.
        """
        ...

    def write(self, path: str, text: str, *, shared: bool = False) -> None:
        """Replace a file's content in one step, readable for its owner only, or for all where it is ``shared``.

        Raises:
            OSError: when it cannot be written; what was there before is untouched.
        """
        ...


class Console(Protocol):
    """The two streams of a command: standard output carries the result, standard error the story."""

    def out(self, text: str) -> None:
        """Write a part of the result, with a newline after it."""
        ...

    def err(self, text: str) -> None:
        """Write a part of the story, with a newline after it."""
        ...
