"""What the registrations of one run share about an endpoint: free places, the address that works, the login."""

import asyncio
from collections.abc import Mapping

from runner.model.plan import BoundEndpoint
from runner.model.secret import Text
from runner.model.value import Value


class LiveEndpoint:
    """An endpoint in the course of a run."""

    def __init__(self, bound: BoundEndpoint) -> None:
        self.bound = bound
        self.gate = asyncio.Semaphore(bound.max_concurrency)
        self.login: Mapping[str, Value] | None = None
        """What the login captured; none until it has run, and again when it expired."""
        self.login_lock = asyncio.Lock()
        self._preferred = 0

    def address(self, offset: int) -> Text:
        """Return the address that is tried after ``offset`` others in this round."""
        return self.bound.urls[(self._preferred + offset) % len(self.bound.urls)]

    def untried(self, offset: int) -> int:
        """Return how many addresses the round has left after this one."""
        return len(self.bound.urls) - 1 - offset

    def prefer(self, offset: int) -> None:
        """Keep the address that worked."""
        self._preferred = (self._preferred + offset) % len(self.bound.urls)
