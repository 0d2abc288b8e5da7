"""The request to end a session: from init over a pipe, from a signal to a lone process, from a host program."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from runner.engine.context import now_s
from runner.language.terms import Cause
from runner.model.outcome import ExitStatus

_SAME_S = 0.1

T = TypeVar("T")


class Shutdown:
    """The shutdown of a session, once it is requested."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.hurry = asyncio.Event()
        """Deregistering is to be cut short."""
        self.cause = Cause.SIGNAL
        self.exit_status: int = ExitStatus.INTERRUPTED
        self.until_s = math.inf
        self.over = asyncio.Event()
        self.final_status: int | None = None
        """The exit status of the whole, once nothing can change it any more, where somebody else decides it."""
        self.on_request: Callable[[], None] = lambda: None
        self._requested_s = 0.0

    def request(
        self,
        cause: Cause,
        until_s: float,
        exit_status: int = ExitStatus.INTERRUPTED,
    ) -> None:
        """Ask to deregister and end; the second time, to end at once.

        Args:
            cause: why.
            until_s: when deregistering must be over, on the loop's clock.
            exit_status: of an interrupted registration, or an interrupted deregistration.
        """
        if self.requested.is_set():
            # The same request can arrive twice, from a terminal and from a wrapper that passes it on.
            if now_s() - self._requested_s > _SAME_S:
                if self.cause is not Cause.SIGNAL:  # of several signals the first one counts
                    self.exit_status = exit_status
                self.hurry.set()
            return
        self._requested_s = now_s()
        self.cause, self.until_s, self.exit_status = cause, until_s, exit_status
        self.requested.set()
        self.on_request()

    def end(self, status: int) -> None:
        """Know the exit status of the whole."""
        self.final_status = status
        self.over.set()

    async def unless_requested(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what comes of something, or nothing where the request to shut down comes first."""
        task = asyncio.ensure_future(work)
        requested = asyncio.create_task(self.requested.wait())
        try:
            await asyncio.wait({task, requested}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for each in (task, requested):
                each.cancel()
            await asyncio.wait({task, requested})
