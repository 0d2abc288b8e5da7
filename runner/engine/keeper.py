"""All registrations of a run that stays: made, kept, made again, and at last undone."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

from msgspec.structs import replace

from runner.engine import story
from runner.engine.context import Context
from runner.engine.heartbeat import Renew
from runner.engine.hearts import AT_ONCE, Hearts
from runner.engine.registration import stands
from runner.engine.scheduler import Scheduler, exit_status_of
from runner.language.lifecycle import Lifecycle, OnFailure, OnLost
from runner.language.terms import Cause, OutcomeState, Reason
from runner.language.units import format_duration
from runner.model.ended import Ended
from runner.model.event import Level
from runner.model.outcome import Beats, ExitStatus, Outcome
from runner.model.plan import Registration

_TOGETHER_S = 0.5


class Keeper:
    """Knows how each registration stands; ``ended`` has the last word about each."""

    def __init__(
        self,
        context: Context,
        *,
        renew: Renew,
        changed: Callable[[], None],
        refreshed: Callable[[], None],
        await_ready: Callable[[], Awaitable[str | None]],
        again: asyncio.Event | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            context: of the run.
            renew: gives a context with fresh values.
            changed: told when a registration begins or ceases to stand.
            refreshed: told of each beat.
            await_ready: waits, before a later try, until there is something to register; returns why it is not.
            again: set by who asks for another try of what has failed, and clears it then; none where nobody may.
        """
        self._context = context
        self._lifecycle: Lifecycle = context.bound.plan.lifecycle
        self._renew = renew
        self._changed = changed
        self._refreshed = refreshed
        self._await_ready = await_ready
        self._again = again
        self._scheduler: Scheduler | None = None
        self._hearts = Hearts(renew=renew, changed=self._heard, beaten=self._beaten)
        self._lost = asyncio.Event()  # set when something required is lost, until that has been told
        self.ended: dict[str, Ended] = {}

    @property
    def registrations(self) -> Mapping[str, Registration]:
        """Everything that is registered."""
        return self._context.bound.registrations

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each stands now, in the order of the file."""
        return tuple(self.ended[name].outcome for name in self.registrations if name in self.ended)

    @property
    def exit_status(self) -> int:
        """What a run that ended now would exit with."""
        return exit_status_of(self.outcomes)

    @property
    def ready(self) -> bool:
        """Whether everything required stands."""
        required = [each for each in self.registrations.values() if each.required]
        return all(each.name in self.ended and self.ended[each.name].outcome.state.is_up for each in required)

    @property
    def keeps(self) -> bool:
        """Whether there is something to stay for."""
        return bool(self._hearts) or self._tries_later

    @property
    def _tries_later(self) -> bool:
        if self._again is not None:  # who asks is to be answered, even that nothing is tried
            return bool(self._failed_without_heart())
        return self._lifecycle.retry_later_s is not None and bool(self._worth_a_try(self._hearts))

    def _failed_without_heart(self) -> list[str]:
        """A failed registration that has a heart is made again by it."""
        failed = (name for name, each in self.ended.items() if not each.outcome.state.stands)
        return [name for name in failed if name not in self._hearts]

    def _worth_a_try(self, hopeful: Collection[str] = ()) -> list[str]:
        """What has failed and may be tried again: no request is repeated that must not be, and no need is missing.

        Args:
            hopeful: what others may count on although it does not stand yet.
        """
        names = [name for name in self._failed_without_heart() if not self._is_left_alone(name)]
        while True:
            there = {*names, *hopeful, *(each.registration for each in self.outcomes if each.state.is_up)}
            left = [name for name in names if there.issuperset(self.registrations[name].needs)]
            if left == names:
                return names
            names = left

    def _is_left_alone(self, name: str) -> bool:
        """Whether nobody can find out what its last request did, and so it is not sent again."""
        return self.ended[name].unsure and self.registrations[name].verify is None

    @property
    def must_end(self) -> bool:
        """Whether a required registration has failed at first, or is lost, and that ends all."""
        return any(self._ends_all(each) for each in self.ended.values())

    def _ends_all(self, ended: Ended) -> bool:
        outcome = ended.outcome
        if not outcome.required or outcome.state.stands or outcome.exit_status == ExitStatus.OK:
            return False
        if outcome.state is OutcomeState.LOST:
            return self._lifecycle.on_lost is OnLost.STOP_APP
        return self._lifecycle.on_failure is OnFailure.STOP_APP and not ended.was_active

    async def register(
        self, begin_after_s: float = 0.0, names: Collection[str] | None = None, *, beats: bool = True
    ) -> None:
        """Register everything, or some of it again; hearts, if any, begin to beat unless the failure of one ends all."""
        self._scheduler = Scheduler(self._context, names, self.ended)
        work = asyncio.create_task(self._scheduler.register_all(begin_after_s))
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            # What a request under way may have done is to be undone, and so its outcome is waited for.
            self._scheduler.interrupt()
            await asyncio.wait({work})
            raise
        finally:
            for each in work.result() if work.done() else ():
                self._note(each)
            self._changed()
        if beats and not self.must_end and self._scheduler.interrupted_by is None:
            self._start_hearts(names)

    def resume(self, held: Mapping[str, Ended], *, beats: bool = True) -> list[str]:
        """Take over what another process registered.

        Args:
            held: by registration.
            beats: whether their hearts begin to beat.

        Returns:
            What is still to be registered.
        """
        for name, each in held.items():
            if (registration := self.registrations.get(name)) is not None:
                state = each.outcome.state
                outcome = stands(registration, state) if state.is_up else each.outcome
                self.ended[name] = replace(each, outcome=outcome)
        self._changed()
        if beats:
            self._start_hearts(held)
        missing = self.registrations.keys() - self.ended.keys()
        return [*missing, *self._worth_a_try(missing)]

    def _note(self, ended: Ended) -> None:
        """Keep how a registration ended; traces of an earlier try stay, unless it has turned out to be another's."""
        name = ended.outcome.registration
        before = self.ended.get(name)
        others = ended.outcome.state is OutcomeState.ALREADY_REGISTERED
        outcome = replace(ended.outcome, beats=ended.outcome.beats or (before and before.outcome.beats))
        traces = ended.leaves_traces or (before is not None and before.leaves_traces and not others)
        self.ended[name] = replace(ended, outcome=outcome, leaves_traces=traces)
        self._context.sending.end(name)

    def _start_hearts(self, names: Collection[str] | None) -> None:
        chosen = {name: each for name, each in self.ended.items() if names is None or name in names}
        self._hearts.start(self._context, self.registrations, chosen)

    def _heard(self, ended: Ended) -> None:
        lost, before = OutcomeState.LOST, self.ended[ended.outcome.registration].outcome.state
        self._note(ended)
        self._changed()
        if ended.outcome.state is lost and before is not lost and ended.outcome.required:
            self._lost.set()

    def _beaten(self, name: str, beats: Beats) -> None:
        ended = self.ended[name]
        self.ended[name] = replace(ended, outcome=replace(ended.outcome, beats=beats))
        self._refreshed()

    async def stay(self) -> bool:
        """Keep what stands until there is nothing left to keep, or something required has failed or is lost.

        Returns:
            Whether it is such a failure; what else there is to keep is kept by calling this again.
        """
        while self.keeps:
            lost = asyncio.create_task(self._lost.wait())
            later = asyncio.create_task(self._wait_for_later()) if self._tries_later else None
            tasks = [lost, *self._hearts.tasks.values(), *([later] if later is not None else [])]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                again = later is not None and later.done()
            finally:
                lost.cancel()
                if later is not None:
                    later.cancel()
            if self._reap() or self._lost.is_set():
                if len(self._hearts) > AT_ONCE:  # what is lost together is told together
                    await asyncio.sleep(_TOGETHER_S)
                self._lost.clear()
                return True
            if again:
                await self._register_later()
        return False

    async def _wait_for_later(self) -> None:
        pause_s = self._lifecycle.retry_later_s
        if pause_s is not None:
            text = f"what failed is tried again in {format_duration(pause_s)}"
            self._context.tell(story.note(text, self._context.elapsed_s(), level=Level.INFO))
        again = self._again or asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await again.wait()

    def _reap(self) -> bool:
        """Forget the hearts that have ended; returns whether one was of something required, which nobody keeps now."""
        ended = self._hearts.reap()
        for each in ended:
            self._note(each)
        return any(each.outcome.required for each in ended)

    async def _register_later(self) -> None:
        if (problem := await self._await_ready()) is not None:
            self.fail(problem)
            return
        if not (names := self._worth_a_try()):
            self._changed()
            return
        context, self._context = self._context, self._renew(self._context, None)
        try:
            await self.register(names=names)
        finally:
            self._context = context

    def fail(self, message: str) -> None:
        """End before anything was sent, since the application did not become ready."""
        for name, registration in self.registrations.items():
            at_s = self._context.elapsed_s()
            outcome = Outcome(
                registration=name,
                state=OutcomeState.FAILED,
                required=registration.required,
                span=(self._lifecycle.ready or registration).span,
                started_s=at_s,
                ended_s=at_s,
                reason=Reason.DEADLINE,
                message=message,
                exit_status=ExitStatus.TRANSIENT,
            )
            self._context.tell(story.registration_finished(outcome))
            self.ended[name] = Ended(outcome=outcome)
        self._changed()

    def interrupt(self, exit_status: int) -> None:
        """End a registration that is under way; its outcome still comes."""
        if self._scheduler is not None:
            self._scheduler.interrupt(exit_status)

    async def rest(self) -> None:
        """End all heartbeats, those in flight included: nothing may be made anew after its goodbye."""
        for each in await self._hearts.rest():
            self._note(each)

    def to_undo(self, cause: Cause) -> list[str]:
        """Return what is undone when the run ends for a cause: only what this run may have registered."""
        return [
            name
            for name, each in self.registrations.items()
            if name in self.ended
            and self.ended[name].leaves_traces
            and each.deregister is not None
            and each.deregister_when.holds_for(cause)
        ]

    async def undo(self, context: Context, names: Collection[str], until_s: float) -> None:
        """Deregister some, in reverse order of needs; nothing need be known of how they were registered."""
        captures = {name: self.ended[name].captures for name in names if name in self.ended}
        self._scheduler = Scheduler(context, names)
        for each in await self._scheduler.deregister_all(captures, until_s):
            before = self.ended.get(each.outcome.registration)
            outcome = each.outcome if before is None else before.outcome.undone_by(each.outcome)
            self.ended[each.outcome.registration] = replace(each, outcome=outcome)
        self._changed()
