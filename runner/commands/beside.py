"""Nothing of a run of thousands may hold up its loop: what is written is written beside it, and what is kept is not collected."""

import gc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Beside:
    """Does one thing after the other in a thread, where there can be one."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reports")
        self._last: Future[None] | None = None

    def do(self, work: Callable[[], None], then: Callable[[], None] = lambda: None) -> None:
        """Do something, and then the other thing, whatever became of the first.

        Raises:
            Exception: what was done before has a bug.
        """
        if self._last is not None and self._last.done():
            self._last.result()

        def both() -> None:
            try:
                work()
            finally:
                then()

        try:
            self._last = self._thread.submit(both)
        except RuntimeError:  # a limit on threads
            both()

    def close(self) -> None:
        """Wait until all is done."""
        self._thread.shutdown(wait=True)
        if self._last is not None:
            self._last.result()


class PassedOver:
    """What the collector passes over: what a run is made of, which grows until registering has come to an end.

    It lives as long as the run. Going through that of thousands of registrations would hold up the loop for more than a
    tenth of a second, every few seconds, for nothing. What comes later is collected as ever, lest garbage be kept.
    """

    def __init__(self) -> None:
        self._grows = True
        self.grow()

    def grow(self) -> None:
        """Pass over what is there now, unless registering has come to an end."""
        if self._grows:
            gc.collect(1)
            gc.freeze()

    def end(self) -> None:
        """Pass over what is there now, and over nothing more."""
        self.grow()
        self._grows = False
