"""The end of a run for the requests that are under way: awaited, so that none lands after what undoes it.

A server goes on with a request that its client has given up. Sent before the deregistration and processed after it,
it would leave the instance registered for ever, so the answer is awaited for most of the time that there is.
"""

import asyncio
import math
from contextlib import suppress
from typing import TypeVar

AWAITED_SHARE = 0.75
"""The part of the time for deregistering that a request under way gets; the rest is for the deregistration itself."""

T = TypeVar("T")


class Closing:
    """Until when requests under way are awaited, and whose were cut off all the same."""

    def __init__(self) -> None:
        self.cut_off: set[str] = set()
        """The registrations with a request that the server may process after everything else."""
        self._until_s = -math.inf
        self._hurry = asyncio.Event()

    def begin(self, until_s: float, hurry: asyncio.Event) -> None:
        """Await requests from here on.

        Args:
            until_s: when the deregistration must be over, on the loop's clock.
            hurry: set by who would rather not wait.
        """
        at_s = asyncio.get_running_loop().time()
        self._until_s = at_s + AWAITED_SHARE * (until_s - at_s)
        self._hurry = hurry

    def end(self) -> None:
        """Await nothing any more: what comes now is the deregistration."""
        self._until_s = -math.inf

    async def outcome_of(self, request: asyncio.Task[T]) -> T | None:
        """Return what comes of a request under way, or nothing where it does not end in time."""
        hurry = asyncio.create_task(self._hurry.wait())
        with suppress(asyncio.CancelledError):  # who is cancelled once more waits no longer
            left_s = max(0.0, self._until_s - asyncio.get_running_loop().time())
            await asyncio.wait({request, hurry}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        return request.result() if request.done() else None
