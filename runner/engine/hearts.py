"""The hearts of a run: one for each registration that has a heartbeat and is worth beating for."""

import asyncio
import math
from collections.abc import Callable, Collection, Iterator, Mapping

from runner.engine.context import Context
from runner.engine.heartbeat import Heart, Renew
from runner.model.ended import Ended
from runner.model.outcome import Beats
from runner.model.plan import Registration
from runner.retry.cadence import goes_on

AT_ONCE = 16
"""So many hearts begin together: as many as an endpoint takes requests at a time."""


class Hearts(Collection[str]):
    """The names of those that beat, and their tasks."""

    def __init__(
        self, *, renew: Renew, changed: Callable[[Ended], None], beaten: Callable[[str, Beats], None]
    ) -> None:
        """Begin with none; see ``Heart`` for what they are given."""
        self._renew = renew
        self._changed = changed
        self._beaten = beaten
        self.tasks: dict[str, asyncio.Task[Ended]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.tasks

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def start(
        self, context: Context, registrations: Mapping[str, Registration], ended: Mapping[str, Ended]
    ) -> None:
        """Begin to beat: a few at once, and many spread over their cadence, so that they never all beat together."""
        new = [name for name in ended if self._beats(registrations[name], ended[name])]
        groups = math.ceil(len(new) / AT_ONCE)
        for place, name in enumerate(new):
            registration = registrations[name]
            heart = Heart(
                context,
                registration,
                ended[name],
                renew=self._renew,
                changed=self._changed,
                beaten=self._beaten,
                begin_after_s=registration.heartbeat_every_s * (place // AT_ONCE) / groups,
            )
            self.tasks[name] = asyncio.create_task(heart.beat(), name=f"heartbeat {name}")

    def _beats(self, registration: Registration, ended: Ended) -> bool:
        may = registration.heartbeat is not None and registration.name not in self.tasks
        return may and (ended.outcome.state.stands or goes_on(ended.outcome))

    def reap(self) -> list[Ended]:
        """Forget those that have ended; returns how."""
        return [
            self.tasks.pop(name).result() for name in [n for n, each in self.tasks.items() if each.done()]
        ]

    async def rest(self) -> list[Ended]:
        """End all, beats in flight included; returns how those ended that can tell."""
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.tasks.clear()
        return [task.result() for task in tasks if not task.cancelled() and task.exception() is None]
