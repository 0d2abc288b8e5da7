"""An event loop whose clock jumps to the next timer instead of waiting for it.

All of asyncio (``sleep``, ``timeout``, ``call_at``) asks the loop for the time, so replacing the loop's
clock replaces every clock at once; nothing is patched, and an hour passes in a millisecond.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(RuntimeError):
    """Everything waits and no timer is left: nothing would ever happen again."""


class _JumpingSelector(selectors.SelectSelector):
    """Where the real selector would wait for a time, this one moves the clock by it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # Alone there is the pipe that wakes the loop, and what wakes it is in its queue already.
        ready = super().select(0) if len(self.get_map()) > 1 else []
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Deadlock("all tasks wait for something that cannot come")
        self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, which begins at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._jumping.now_s


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time.

    Raises:
        Deadlock: when everything waits for something that cannot come.
    """
    found: list[T] = []

    async def keep() -> None:  # the runner has its task written out at its end, and a result can be large
        found.append(await main)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(keep())
    return found[0]
