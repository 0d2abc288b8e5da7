"""The hearts of a run: one for each registration that has a heartbeat and is worth beating for."""

import asyncio
import math
from collections.abc import Callable, Collection, Iterable, Iterator

from runner.engine.context import Context, now_s
from runner.engine.heartbeat import Beaten, Heart, Renew
from runner.model.ended import Ended
from runner.model.plan import Registration
from runner.retry.cadence import goes_on

AT_ONCE = 16
"""So many hearts begin together: as many as an endpoint takes requests at a time."""


class Hearts(Collection[str]):
    """The names of those that beat, and their tasks."""

    def __init__(self, *, renew: Renew, changed: Callable[[Ended], None], beaten: Beaten) -> None:
        """Begin with none; see ``Heart`` for what they are given."""
        self._renew = renew
        self._changed = changed
        self._beaten = beaten
        self.tasks: dict[str, asyncio.Task[Ended]] = {}
        self._groups = 1
        self._begun = 0
        self._first_s = 0.0
        self.ending = False
        """Whether all have been told to end."""

    def __contains__(self, name: object) -> bool:
        return name in self.tasks

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def expect(self, registrations: Iterable[Registration]) -> None:
        """Know of which registrations hearts may begin from here on: how many decides how they are spread."""
        self._groups = math.ceil(sum(each.heartbeat is not None for each in registrations) / AT_ONCE)
        self._begun = 0

    def start(self, context: Context, registration: Registration, ended: Ended) -> None:
        """Begin to beat where that is worth it: a few at once, and many spread over their cadence.

        They are spread from the first one on, so that they never all beat together, however fast they were registered.
        """
        if not self._beats(registration, ended):
            return
        if self._begun == 0:
            self._first_s = now_s()
        share = (self._begun // AT_ONCE) / self._groups
        self._begun += 1
        begin_s = self._first_s + registration.heartbeat_every_s * share
        heart = Heart(
            context,
            registration,
            ended,
            renew=self._renew,
            changed=self._changed,
            beaten=self._beaten,
            begin_after_s=max(0.0, begin_s - now_s()),
        )
        name = registration.name
        self.tasks[name] = asyncio.create_task(heart.beat(), name=f"heartbeat {name}")

    def _beats(self, registration: Registration, ended: Ended) -> bool:
        may = registration.heartbeat is not None and registration.name not in self.tasks and not self.ending
        return may and (ended.outcome.state.succeeded or goes_on(ended.outcome))

    def reap(self) -> list[Ended]:
        """Forget those that have ended; returns how."""
        return [
            self.tasks.pop(name).result() for name in [n for n, each in self.tasks.items() if each.done()]
        ]

    def end(self) -> None:
        """Begin to end all; who has been told already is not told again, which would cut a request off."""
        self.ending = True
        for task in self.tasks.values():
            if not task.cancelling():
                task.cancel()

    async def rest(self) -> list[Ended]:
        """End all, beats in flight included; returns how those ended that can tell."""
        self.end()
        tasks = list(self.tasks.values())
        if tasks:
            await asyncio.wait(tasks)
        self.tasks.clear()
        return [task.result() for task in tasks if not task.cancelled() and task.exception() is None]
