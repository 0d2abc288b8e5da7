"""Waiting until the application is ready to be registered, as ``lifecycle.ready`` says."""

import asyncio

from runner.engine import events
from runner.engine.context import Context, now_s
from runner.language.lifecycle import Ready, RegisterAt
from runner.model.note import AppIsNotReady, AppIsReady, Note
from runner.model.why import NotReady
from runner.session.surroundings import Surroundings
from runner.values.template import render_text

_TOLD_EVERY_S = 10.0


class Readiness:
    """Whether the application has once been ready."""

    def __init__(self, context: Context, surroundings: Surroundings) -> None:
        self._context = context
        self._surroundings = surroundings
        self._lifecycle = context.bound.plan.lifecycle
        self.was_seen = False
        """By this process or by the one that it takes over from."""

    async def wait(self) -> NotReady | None:
        """Wait until it has been; return why not, where it does not become so in time."""
        ready = self._lifecycle.ready
        asked_for = self._lifecycle.register is RegisterAt.WHEN_READY and self._waits_for_app()
        if ready is None or not asked_for or self.was_seen:
            return None
        if self._surroundings.app_started is not None:  # otherwise somebody else starts it
            await self._surroundings.app_started.wait()
        problem = await self._look_until_ready(ready)
        self.was_seen = problem is None
        return problem

    def _waits_for_app(self) -> bool:
        """A run that registers and ends, as an init container does, has no application to wait for."""
        heartbeats = any(each.heartbeat is not None for each in self._context.bound.registrations.values())
        return self._surroundings.with_app or self._surroundings.goes_on or heartbeats

    async def _look_until_ready(self, ready: Ready) -> NotReady | None:
        began_s = tell_s = now_s()
        target = tuple(str(render_text(each, self._context.bound.scope)) for each in ready.target)
        while True:
            due_s = now_s() + ready.every_s
            problem = await self._surroundings.probe(ready, target, began_s + ready.deadline_s - now_s())
            if problem is None:
                self._tell(AppIsReady(after_s=now_s() - began_s))
                return None
            if due_s > began_s + ready.deadline_s:
                return NotReady(deadline_s=ready.deadline_s, problem=problem)
            if now_s() >= tell_s:
                tell_s = now_s() + _TOLD_EVERY_S
                self._tell(
                    AppIsNotReady(
                        target=" ".join(target),
                        problem=problem,
                        waited_s=now_s() - began_s,
                        deadline_s=ready.deadline_s,
                    )
                )
            await asyncio.sleep(due_s - now_s())

    def _tell(self, what: Note) -> None:
        self._context.tell(events.note(what, self._context.elapsed_s()))
