"""Keeping one registration: a beat at a fixed cadence, and registering again when the control plane has forgotten us.

Once a registration was active, no failure ends its heart: what is refused is lost, and is tried on at the cadence.
"""

import asyncio
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from runner.engine import events
from runner.engine.context import Context, now_s
from runner.engine.ends import Done, Stopped
from runner.engine.registration import failed, outcome_of, register
from runner.engine.steps import Run
from runner.language.terms import OutcomeState, Reason
from runner.model.decision import Decided
from runner.model.ended import Ended
from runner.model.event import Level
from runner.model.note import BeatsAreBack, BeatsMissed, FoundRegistered, Note
from runner.model.outcome import Attempt, Beats, ExitStatus, Outcome
from runner.model.plan import Registration, Verb
from runner.model.why import Forgotten
from runner.retry.cadence import after_beat, goes_on, next_beat_s
from runner.retry.decide import policy_of
from runner.retry.retry_after import asked

Renew = Callable[[Context, str], Context]
"""Gives the same context with fresh values for a registration: credentials change in the months of a run."""

Beaten = Callable[[str, Beats, float | None], None]

_WORRY_AFTER = 3
"""So many beats missed in a row are told louder: most leases last for three."""


class Heart:
    """Beats for one registration until it is told to stop, or could never be registered."""

    def __init__(
        self,
        context: Context,
        registration: Registration,
        ended: Ended,
        *,
        renew: Renew,
        changed: Callable[[Ended], None],
        beaten: Beaten,
        begin_after_s: float = 0.0,
    ) -> None:
        """Prepare to beat.

        Args:
            context: of the run.
            registration: one that has a heartbeat.
            ended: how registering ended; where it failed for the moment, the first beat registers again.
            renew: asked for fresh values before each beat.
            changed: told when the registration becomes active again, or no longer is.
            beaten: told what has come of the beats, after each, and by how much its cadence was not held.
            begin_after_s: how long the first beat waits for those of others.
        """
        assert registration.heartbeat is not None
        state = ended.outcome.state
        self._context = context
        self._registration = registration
        self._heartbeat: Verb = registration.heartbeat
        self._ended = replace(ended, was_active=ended.was_active or state.succeeded)
        self._renew = renew
        self._changed = changed
        self._beaten = beaten
        self._beats = Beats()
        self._begin_after_s = begin_after_s
        self._sent_s: float | None = None
        """When the last beat was sent."""
        # After an unknown end, a beat is the way to find out.
        self._active = state.succeeded or state in {OutcomeState.UNKNOWN, OutcomeState.LOST}
        self._missed = 0
        self._refused = 0
        self._reregistrations = 0
        """Each of the three since the last good beat."""

    @property
    def _is_lost(self) -> bool:
        return self._ended.outcome.state is OutcomeState.LOST

    async def beat(self) -> Ended:
        """Beat until there is nothing more to hope for; returns how it ended."""
        every_s = self._registration.heartbeat_every_s
        due_s = now_s() + (self._begin_after_s if self._active else every_s)
        while True:
            await asyncio.sleep(max(0.0, due_s - now_s()))
            pause_s = await self._beat_or_register()
            if pause_s is None:
                return self._ended
            due_s = next_beat_s(due_s, every_s, now_s(), pause_s)

    async def _beat_or_register(self) -> float | None:
        """Do what is due, a beat at once after a registration included.

        Returns:
            For how long the server asks to be left alone; none at the end.
        """
        pause_s = None if self._active else await self._register_again()
        return await self._beat_once() if self._active else pause_s

    async def _beat_once(self) -> float | None:
        context = self._renew(self._context, self._registration.name)
        run = Run(context, self._registration, captures=self._ended.captures)
        end = await run.perform(self._heartbeat)
        self._beats = self._beats.with_one(good_at=context.wall_now() if isinstance(end, Done) else None)
        self._beaten(self._registration.name, self._beats, self._late_s(run, taken=isinstance(end, Done)))
        if isinstance(end, Done):
            self._note_good_beat(run)
            return 0.0
        match after_beat(end.failure, end.decision):
            case Decided.NEXT_BEAT:
                self._note_missed_beat(end)
            case Decided.REFUSED:
                self._refused += 1
                self._note_missed_beat(end)
                if self._refused >= self._registration.give_up_after:
                    self._lose(failed(run, end), run.record.attempts)
            case Decided.REGISTER_AGAIN:
                self._note_forgotten(run, end)
                if not self._reregistrations:  # who is forgotten again and again registers at the cadence
                    return await self._beat_or_register()
        policy = policy_of(self._registration, self._heartbeat, end.failure.failure_class)
        return asked(policy, end.failure.retry_after_s).wait_s

    def _late_s(self, run: Run, *, taken: bool) -> float | None:
        """How much longer than its cadence the beat came after the last; nothing where that is the server's doing."""
        every_s = self._registration.heartbeat_every_s
        attempts = run.record.attempts
        if not attempts:  # it was not sent before the next one was due
            self._sent_s = None
            return every_s
        before_s, self._sent_s = self._sent_s, self._context.began_s + attempts[0].started_s
        return self._sent_s - before_s - every_s if taken and before_s is not None else None

    def _note_good_beat(self, run: Run) -> None:
        worried = self._missed >= _WORRY_AFTER
        if self._missed:
            self._tell(BeatsAreBack(missed=self._missed))
        self._missed = self._refused = self._reregistrations = 0
        self._ended = replace(self._ended, captures=run.captures, missed_beats=0)
        found = self._is_lost or self._ended.outcome.state is OutcomeState.UNKNOWN
        if found:
            outcome = self._found(self._ended.outcome)
            self._ended = replace(self._ended, outcome=outcome, unsure=False, was_active=True)
        if worried or found:
            self._changed(self._ended)

    def _found(self, before: Outcome) -> Outcome:
        """A beat was taken, so what may have been registered is, and what was lost is so no longer."""
        self._tell(FoundRegistered(was_lost=self._is_lost))
        found = outcome_of(self._registration)
        return replace(found, started_s=before.started_s, ended_s=before.ended_s, attempts=before.attempts)

    def _note_missed_beat(self, end: Stopped) -> None:
        self._missed += 1
        if self._missed == _WORRY_AFTER:
            self._tell(BeatsMissed(missed=self._missed, cause=end.failure.message), Level.WARNING)
        if self._missed >= _WORRY_AFTER:
            self._ended = replace(self._ended, missed_beats=self._missed)
            self._changed(self._ended)

    def _note_forgotten(self, run: Run, end: Stopped) -> None:
        """The control plane no longer knows it: it is registered again, and lost where that does not help."""
        outcome = failed(run, end)
        self._active = False
        self._ended = replace(self._ended, unsure=False)  # it is not there, so nothing is made twice
        if self._reregistrations >= self._registration.give_up_after:
            why = Forgotten(times=self._reregistrations)
            self._lose(replace(outcome, reason=Reason.ATTEMPTS, why=why), run.record.attempts)
        elif not self._is_lost:
            event = events.registration_forgotten(self._registration, outcome, self._context.elapsed_s())
            self._context.tell(event)
            self._changed(replace(self._ended, outcome=outcome))

    async def _register_again(self) -> float | None:
        """Register; returns for how long the server asks to be left alone, or none where nothing is to be hoped for."""
        context = self._renew(self._context, self._registration.name)
        ended = await register(context, self._registration, self._ended)
        outcome = ended.outcome
        interrupted = outcome.exit_status == ExitStatus.INTERRUPTED
        self._active = outcome.state.succeeded or (outcome.state is OutcomeState.UNKNOWN and not interrupted)
        was_active = self._ended.was_active or outcome.state.succeeded
        told = self._ended.outcome if self._is_lost else outcome  # only a good beat ends that
        self._ended = replace(ended, outcome=told, was_active=was_active)
        if self._active:
            self._reregistrations += 1
            self._missed = 0
        elif interrupted or not (was_active or goes_on(outcome)):
            self._ended = replace(self._ended, outcome=outcome)
            self._changed(self._ended)
            return None
        elif not goes_on(outcome):
            self._refused += 1
            if self._refused >= self._registration.give_up_after:
                self._lose(outcome, outcome.attempts)
        self._changed(self._ended)
        last = outcome.deciding
        return asked(self._registration.policy, last.retry_after_s if last else None).wait_s

    def _tell(self, what: Note, level: Level = Level.INFO) -> None:
        at_s = self._context.elapsed_s()
        self._context.tell(events.note(what, at_s, level=level, registration=self._registration))

    def _lose(self, outcome: Outcome, attempts: Sequence[Attempt]) -> None:
        """Its beats are refused for good, it seems; the first cause stays until a beat is taken."""
        if self._is_lost:
            return
        outcome = replace(
            outcome,
            state=OutcomeState.LOST,
            started_s=self._ended.outcome.started_s,
            ended_s=self._context.elapsed_s(),
            attempts=tuple(attempts),
        )
        outcome = self._context.redactor.mask_fields(outcome)
        self._context.tell(events.registration_finished(outcome))
        self._ended = replace(self._ended, outcome=outcome)
        self._changed(self._ended)
