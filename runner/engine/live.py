"""What the registrations of one run share about an endpoint: free places, the address that works, the login."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from runner.model.bound import Address, BoundEndpoint
from runner.model.value import Value


@contextlib.asynccontextmanager
async def lock_until(lock: asyncio.Lock, until_s: float) -> AsyncIterator[None]:
    """Hold a lock; who has waited until the deadline goes on without it, and meets the deadline there."""
    held = False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until_s):
            held = await lock.acquire()
    try:
        yield
    finally:
        if held:
            lock.release()


class LiveEndpoint:
    """An endpoint in the course of a run."""

    def __init__(self, bound: BoundEndpoint) -> None:
        self.bound = bound
        self.gate = asyncio.Semaphore(bound.max_concurrency)
        self.login: Mapping[str, Value] | None = None
        """What the login captured; none until it has run, and again when it expired."""
        self.login_lock = asyncio.Lock()
        self._preferred = 0

    def addresses(self) -> tuple[Address, ...]:
        """Return the addresses in the order in which a round tries them: the one that worked comes first."""
        return self.bound.addresses[self._preferred :] + self.bound.addresses[: self._preferred]

    def prefer(self, address: Address) -> None:
        """Keep the address that worked."""
        self._preferred = self.bound.addresses.index(address)
