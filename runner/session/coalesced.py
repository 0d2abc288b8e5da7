"""A call that is not made more often than it may: what comes close together is one call."""

import asyncio
import math
from collections.abc import Callable


class Coalesced:
    """Calls at once, and again only after the least gap; whatever is asked for in between is one more call."""

    def __init__(self, call: Callable[[], None], gap_s: Callable[[], float]) -> None:
        """Prepare.

        Args:
            call: what is done.
            gap_s: how long it must be since the last call.
        """
        self._call = call
        self._gap_s = gap_s
        self._called_s = -math.inf
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Ask for a call."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._called_s + self._gap_s() - loop.time()
        if wait_s <= 0:
            self._make()
        else:
            self._timer = loop.call_later(wait_s, self._make)

    def flush(self) -> None:
        """Make a call that is asked for now."""
        if self._timer is not None:
            self._timer.cancel()
            self._make()

    def _make(self) -> None:
        self._timer = None
        self._called_s = asyncio.get_running_loop().time()
        self._call()
