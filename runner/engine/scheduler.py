"""Several registrations at once: as wide as ``needs`` allows, undone in reverse."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from types import MappingProxyType

from runner.engine import events
from runner.engine.context import Context, now_s
from runner.engine.registration import deregister, register
from runner.language.terms import OutcomeState
from runner.model.bound import NO_CAPTURES, Captures
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Outcome
from runner.model.plan import Registration
from runner.model.why import Needed, NotBegun, Why

Perform = Callable[[Context, Registration], Awaitable[Ended]]

NOTHING: Mapping[str, Captures] = MappingProxyType({})

# What a restart cannot mend comes first.
_GRAVEST_FIRST = (ExitStatus.BUG, ExitStatus.DENIED, ExitStatus.REJECTED)
_LAST = (ExitStatus.UNKNOWN, ExitStatus.TRANSIENT)


class Scheduler:
    """Runs registrations and can be interrupted; what it holds are the tasks under way."""

    def __init__(
        self,
        context: Context,
        names: Collection[str] | None = None,
        *,
        before: Mapping[str, Ended] = MappingProxyType({}),
        renew: Callable[[Context, str], Context] | None = None,
        ended: Callable[[Ended], None] = lambda _: None,
    ) -> None:
        """Prepare a run.

        Args:
            context: of the run.
            names: the registrations that it is about; all by default. What they need of others is registered.
            before: how earlier tries ended.
            renew: gives each of them a context with fresh values, when its turn has come.
            ended: told of each when it ends.
        """
        self._context = context
        self._before = before
        self._renew = renew
        self._ended = ended
        everything = context.bound.registrations
        self._registrations = [each for name, each in everything.items() if names is None or name in names]
        self._tasks: dict[str, asyncio.Task[Ended]] = {}
        self._begin_after_s = 0.0
        self._undoes, self._until_s = False, math.inf
        self._renewing = asyncio.Lock()
        self.interrupted_by: int | None = None
        """The exit status that the interruption asks for."""

    async def register_all(self, begin_after_s: float = 0.0) -> None:
        """Register everything, after a start splay; what is needed comes first."""
        self._begin_after_s = begin_after_s
        after = {
            each.name: [need for need in each.needs if need in self._names()] for each in self._registrations
        }

        async def perform(context: Context, registration: Registration) -> Ended:
            return await register(context, registration, self._before.get(registration.name))

        await self._run_all(perform, after)

    async def deregister_all(
        self, captures: Mapping[str, Captures] = NOTHING, until_s: float = math.inf
    ) -> None:
        """Undo everything; what is needed comes last.

        Args:
            captures: what registering captured, by registration.
            until_s: when it must be over, on the loop's clock.
        """
        self._undoes, self._until_s = True, until_s
        after: dict[str, list[str]] = {name: [] for name in self._names()}
        for each in self._registrations:
            for need in each.needs:
                after.get(need, []).append(each.name)

        async def perform(context: Context, registration: Registration) -> Ended:
            known = captures.get(registration.name, NO_CAPTURES)
            return await deregister(context, registration, known, until_s)

        await self._run_all(perform, after, keep_going=True)

    def interrupt(self, exit_status: int = ExitStatus.INTERRUPTED) -> None:
        """Cancel what is under way; the outcomes still come."""
        self.interrupted_by = self.interrupted_by or exit_status
        for task in self._tasks.values():
            task.cancel()

    def _names(self) -> set[str]:
        return {each.name for each in self._registrations}

    async def _run_all(
        self, perform: Perform, after: Mapping[str, Iterable[str]], *, keep_going: bool = False
    ) -> None:
        for each in self._registrations:
            work = self._in_turn(perform, each, after, keep_going=keep_going)
            self._tasks[each.name] = asyncio.create_task(work, name=f"registration {each.name}")
        if not self._tasks:
            return
        try:
            await asyncio.wait(self._tasks.values())
        except asyncio.CancelledError:
            self.interrupt()
            await asyncio.wait(self._tasks.values())
            raise
        # A task that is cancelled before its first step never runs, and so cannot tell of it itself.
        for each in self._registrations:
            if self._tasks[each.name].cancelled():
                self._ended(self._not_begun(each))
            else:
                self._tasks[each.name].result()  # which raises what is a bug

    async def _in_turn(
        self,
        perform: Perform,
        registration: Registration,
        after: Mapping[str, Iterable[str]],
        *,
        keep_going: bool,
    ) -> Ended:
        ended = await self._end_in_turn(perform, registration, after, keep_going=keep_going)
        self._ended(ended)
        return ended

    async def _end_in_turn(
        self,
        perform: Perform,
        registration: Registration,
        after: Mapping[str, Iterable[str]],
        *,
        keep_going: bool,
    ) -> Ended:
        try:
            await asyncio.sleep(self._begin_after_s)
            for name in after[registration.name]:
                before = (await asyncio.shield(self._tasks[name])).outcome
                if not before.state.succeeded and not keep_going:
                    return self._skipped(registration, before)
            context = await self._renewed(registration)
        except asyncio.CancelledError:
            return self._not_begun(registration)
        if self.interrupted_by is not None:
            return self._not_begun(registration)
        return await perform(context, registration)

    async def _renewed(self, registration: Registration) -> Context:
        """Return the context to go on with; one is renewed after the other, and what has been is sent meanwhile."""
        if self._renew is None:
            return self._context
        async with self._renewing:
            await asyncio.sleep(0)
            return (
                self._context if now_s() >= self._until_s else self._renew(self._context, registration.name)
            )

    def _skipped(self, registration: Registration, before: Outcome) -> Ended:
        why = Needed(registration=before.registration, outcome=before.state)
        return self._ended_early(registration, OutcomeState.SKIPPED, why, before.exit_status)

    def _not_begun(self, registration: Registration) -> Ended:
        return self._ended_early(registration, OutcomeState.CANCELLED, NotBegun(), ExitStatus.INTERRUPTED)

    def _ended_early(self, registration: Registration, state: OutcomeState, why: Why, status: int) -> Ended:
        elapsed_s = self._context.elapsed_s()
        verb = registration.deregister if self._undoes else None
        outcome = Outcome(
            registration=registration.name,
            state=state,
            required=registration.required,
            span=registration.span if verb is None else verb.span,
            verb=None if verb is None else verb.name,
            started_s=elapsed_s,
            ended_s=elapsed_s,
            why=why,
            exit_status=status,
        )
        self._context.tell(events.registration_finished(outcome))
        return Ended(outcome=outcome)


def exit_status_of(outcomes: Iterable[Outcome]) -> int:
    """Return the exit status of a run: 0 when all that is required is registered, else the gravest failure's."""
    statuses = {each.exit_status for each in outcomes if each.required and not each.state.succeeded} - {0}
    if not statuses:
        return ExitStatus.OK
    if ExitStatus.INTERRUPTED in statuses:
        return ExitStatus.INTERRUPTED
    chosen_by_file = sorted(statuses - {*_GRAVEST_FIRST, *_LAST})
    return next(status for status in (*_GRAVEST_FIRST, *chosen_by_file, *_LAST) if status in statuses)
