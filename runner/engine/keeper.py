"""All registrations of a run: made, kept, made again, and at last undone."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

from runner.engine import events
from runner.engine.context import Context, now_s
from runner.engine.heartbeat import Renew
from runner.engine.hearts import AT_ONCE, Hearts
from runner.engine.known import Known
from runner.engine.punctuality import Punctuality
from runner.engine.scheduler import Scheduler
from runner.language.lifecycle import Lifecycle
from runner.language.terms import OutcomeState, Reason
from runner.model.ended import Ended
from runner.model.event import Level
from runner.model.note import BeatsAreLate, TriedLater
from runner.model.outcome import Beats, ExitStatus, Outcome
from runner.model.why import NotReady

_TOGETHER_S = 0.5


class Keeper:
    """Registers, keeps and deregisters."""

    def __init__(
        self,
        context: Context,
        known: Known,
        *,
        renew: Renew,
        changed: Callable[[], None],
        progressed: Callable[[], None],
        refreshed: Callable[[], None],
        await_ready: Callable[[], Awaitable[NotReady | None]],
        again: asyncio.Event | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            context: of the run.
            known: has the last word about each registration.
            renew: gives a context with fresh values.
            changed: told when all have been tried, and when one begins or ceases to be registered after that.
            progressed: told when one of several has been tried.
            refreshed: told of each beat.
            await_ready: waits, before a later try, until there is something to register; returns why it is not.
            again: set by who asks for another try of what has failed, and clears it then; none where nobody may.
        """
        self._context = context
        self._lifecycle: Lifecycle = context.bound.plan.lifecycle
        self._renew = renew
        self._changed = changed
        self._progressed = progressed
        self._refreshed = refreshed
        self._await_ready = await_ready
        self._again = again
        self._scheduler: Scheduler | None = None
        self._hearts = Hearts(renew=renew, changed=self._heard, beaten=self._beaten)
        self._punctuality = Punctuality()
        self._lost = asyncio.Event()  # set when something required is lost, until that has been told
        self.known = known

    @property
    def keeps(self) -> bool:
        """Whether there is something to keep, or to try again."""
        return bool(self._hearts) or self._tries_later

    @property
    def _tries_later(self) -> bool:
        if self._again is not None:  # who asks is to be answered, even that nothing is tried
            return bool(self.known.failed_without(self._hearts))
        return self._lifecycle.retry_later_s is not None and bool(
            self.known.worth_a_try(self._hearts, self._hearts)
        )

    async def register(
        self, begin_after_s: float = 0.0, names: Collection[str] | None = None, *, beats: bool = True
    ) -> None:
        """Register everything, or some of it again; each heart begins to beat once what it keeps is registered.

        Args:
            begin_after_s: when to begin.
            names: what; everything by default.
            beats: whether hearts begin, which they do only until a failure ends all.
        """
        chosen = [each for name, each in self.known.registrations.items() if names is None or name in names]
        self._hearts.expect(chosen)
        goes_on, left = beats, len(chosen)

        def noted(ended: Ended) -> None:
            nonlocal goes_on, left
            left -= 1
            self._note(ended)
            goes_on = goes_on and not self.known.ends_all(ended) and scheduler.interrupted_by is None
            if left or goes_on:
                self._progressed()  # handed over before it beats, lest a process that takes over registers it again
            if goes_on:
                self._start_heart(ended)

        before = dict(self.known.ended)
        self._scheduler = scheduler = Scheduler(
            self._context, names, before=before, renew=None if names is None else self._renew, ended=noted
        )
        work = asyncio.create_task(scheduler.register_all(begin_after_s))
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            # What a request under way may have done is to be undone, and so its outcome is waited for.
            scheduler.interrupt()
            await asyncio.wait({work})
            raise
        finally:
            if work.done():
                work.result()  # which raises what is a bug
            self._changed()

    def resume(self, held: Mapping[str, Ended], *, beats: bool = True) -> list[str]:
        """Take over what another process registered.

        Args:
            held: by registration.
            beats: whether their hearts begin to beat.

        Returns:
            What is still to be registered.
        """
        self.known.take_over(held)
        self._changed()
        if beats:
            self._hearts.expect(self.known.registrations[name] for name in self.known.ended)
            for each in self.known.ended.values():
                self._start_heart(each)
        missing = self.known.registrations.keys() - self.known.ended.keys()
        return [*missing, *self.known.worth_a_try(self._hearts, missing)]

    def _note(self, ended: Ended) -> None:
        self.known.note(ended)
        self._context.sending.end(ended.outcome.registration)

    def _start_heart(self, ended: Ended) -> None:
        name = ended.outcome.registration
        self._hearts.start(self._context, self.known.registrations[name], self.known.ended[name])

    def _heard(self, ended: Ended) -> None:
        lost, before = OutcomeState.LOST, self.known.ended[ended.outcome.registration].outcome.state
        self._note(ended)
        self._changed()
        if ended.outcome.state is lost and before is not lost and ended.outcome.required:
            self._lost.set()

    def _beaten(self, name: str, beats: Beats, late_s: float | None) -> None:
        self.known.note_beats(name, beats)
        if late_s is not None:
            self._note_cadence(name, late_s, taken=not beats.missed_in_a_row)
        self._refreshed()

    def _note_cadence(self, name: str, late_s: float, *, taken: bool) -> None:
        every_s = self.known.registrations[name].heartbeat_every_s
        found = self._punctuality.note(now_s(), late_s, every_s, taken=taken)
        if found is not None:
            hearts = [self.known.registrations[each].heartbeat_every_s for each in self._hearts]
            per_second = sum(1 / each_s for each_s in hearts)
            told = BeatsAreLate(
                hearts=len(hearts),
                per_second=per_second,
                beats=found.beats,
                late=found.late,
                worst_s=found.worst_s,
            )
            self._context.tell(events.note(told, self._context.elapsed_s(), level=Level.WARNING))

    async def keep(self) -> bool:
        """Keep what is registered until there is nothing left to keep, or something required has failed or is lost.

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
            if self._hearts.ending:
                break
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
            self._context.tell(events.note(TriedLater(wait_s=pause_s), self._context.elapsed_s()))
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
        if not (names := self.known.worth_a_try(self._hearts)):
            self._changed()
            return
        await self.register(names=names)

    def fail(self, why: NotReady) -> None:
        """End before anything was sent, since the application did not become ready."""
        for name, registration in self.known.registrations.items():
            at_s = self._context.elapsed_s()
            outcome = Outcome(
                registration=name,
                state=OutcomeState.FAILED,
                required=registration.required,
                span=(self._lifecycle.ready or registration).span,
                started_s=at_s,
                ended_s=at_s,
                reason=Reason.DEADLINE,
                why=why,
                exit_status=ExitStatus.TRANSIENT,
            )
            self._context.tell(events.registration_finished(outcome))
            self.known.ended[name] = Ended(outcome=outcome)
        self._changed()

    def interrupt(self, exit_status: int) -> None:
        """End what is under way, heartbeats too; outcomes still come."""
        self._hearts.end()
        if self._scheduler is not None:
            self._scheduler.interrupt(exit_status)

    async def rest(self) -> None:
        """End all heartbeats, those in flight included: nothing may be made anew after it is deregistered."""
        for each in await self._hearts.rest():
            self._note(each)

    async def undo(
        self, context: Context, names: Collection[str], until_s: float, renew: Renew | None = None
    ) -> None:
        """Deregister some, in reverse order of needs.

        Args:
            context: of the end.
            names: what.
            until_s: when it must be over, on the loop's clock.
            renew: gives each of them a context with fresh values.
        """
        ended = self.known.ended
        captures = {name: ended[name].captures for name in names if name in ended}
        self._scheduler = Scheduler(context, names, renew=renew, ended=self.known.note_undone)
        await self._scheduler.deregister_all(captures, until_s)
        self._changed()
