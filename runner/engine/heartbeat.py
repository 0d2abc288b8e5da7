"""Keeping one registration: a beat at a fixed cadence, and registering again when the control plane has forgotten us."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from runner.engine import story
from runner.engine.context import Context, now_s
from runner.engine.ends import Done, Stopped
from runner.engine.registration import failed, register, stands
from runner.engine.steps import Run
from runner.model.ended import Ended
from runner.model.outcome import Beats, ExitStatus, Outcome, OutcomeState, Reason
from runner.model.plan import Registration, Verb
from runner.retry.cadence import MAX_REBIRTHS, AfterBeat, after_beat, goes_on, next_beat_s

Renew = Callable[[Context], Context]
"""Gives the same context with fresh values: credentials change while a process runs for months."""

_WORRY_AFTER = 3
"""So many beats missed in a row are told louder: most leases last for three."""


class Heart:
    """Beats for one registration until it is told to stop, or has failed for good."""

    def __init__(
        self,
        context: Context,
        registration: Registration,
        ended: Ended,
        *,
        renew: Renew,
        changed: Callable[[Ended], None],
        beaten: Callable[[str, Beats], None],
    ) -> None:
        """Prepare to beat.

        Args:
            context: of the run.
            registration: one that has a heartbeat.
            ended: how registering ended; where it failed for the moment, the first beat registers again.
            renew: asked for fresh values before each beat.
            changed: told when the registration stands again, or no longer.
            beaten: told what has come of the beats, after each.
        """
        assert registration.heartbeat is not None
        self._context = context
        self._registration = registration
        self._heartbeat: Verb = registration.heartbeat
        self._ended = ended
        self._renew = renew
        self._changed = changed
        self._beaten = beaten
        self._beats = Beats()
        # After an unknown end, a beat is the way to find out.
        self._stands = ended.outcome.state.stands or ended.outcome.state is OutcomeState.UNKNOWN
        self._missed = 0
        self._rebirths = 0

    async def beat(self) -> Ended:
        """Beat until the registration has failed for good; returns how."""
        every_s = self._registration.heartbeat_every_s
        due_s = now_s() if self._stands else now_s() + every_s
        while True:
            await asyncio.sleep(max(0.0, due_s - now_s()))
            pause_s = await self._beat_once() if self._stands else await self._register_again()
            if pause_s is None:
                return self._ended
            due_s = next_beat_s(due_s, every_s, now_s() + pause_s)

    async def _beat_once(self) -> float | None:
        """Send one beat; returns for how long the server asks to be left alone, or none at the end."""
        context = self._renew(self._context)
        run = Run(context, self._registration, captures=self._ended.captures)
        end = await run.perform(self._heartbeat)
        self._beats = self._beats.with_one(good_at=context.wall_now() if isinstance(end, Done) else None)
        self._beaten(self._registration.name, self._beats)
        if isinstance(end, Done):
            self._note_good_beat(run)
            return 0.0
        match after_beat(end.failure, end.decision):
            case AfterBeat.GO_ON:
                self._note_missed_beat(end)
                return end.failure.retry_after_s or 0.0
            case AfterBeat.END:
                self._give_up(failed(run, end), run)
                return None
            case AfterBeat.REGISTER_AGAIN:
                return await self._lost(run, end)

    def _note_good_beat(self, run: Run) -> None:
        worried = self._missed >= _WORRY_AFTER
        if self._missed:
            self._context.tell(story.beats_again(self._registration, self._missed, self._context.elapsed_s()))
        self._missed = self._rebirths = 0
        self._ended = replace(self._ended, captures=run.captures, missed_beats=0)
        found = self._ended.outcome.state is OutcomeState.UNKNOWN
        if found:
            self._ended = replace(self._ended, outcome=self._found(self._ended.outcome), unsure=False)
        if worried or found:
            self._changed(self._ended)

    def _found(self, before: Outcome) -> Outcome:
        """A beat was taken, so what may have been registered is."""
        text = "a beat finds that it is registered"
        self._context.tell(story.note(text, self._context.elapsed_s(), registration=self._registration))
        found = stands(self._registration)
        return replace(found, started_s=before.started_s, ended_s=before.ended_s, attempts=before.attempts)

    def _note_missed_beat(self, end: Stopped) -> None:
        self._missed += 1
        if self._missed == _WORRY_AFTER:
            cause = end.failure.message
            event = story.beats_missed(self._registration, self._missed, cause, self._context.elapsed_s())
            self._context.tell(event)
        if self._missed >= _WORRY_AFTER:
            self._ended = replace(self._ended, missed_beats=self._missed)
            self._changed(self._ended)

    async def _lost(self, run: Run, end: Stopped) -> float | None:
        outcome = failed(run, end)
        if self._rebirths >= MAX_REBIRTHS:
            message = (
                f"{outcome.message}, after it was registered again {MAX_REBIRTHS} times without a good beat"
            )
            self._give_up(replace(outcome, reason=Reason.ATTEMPTS, message=message), run)
            return None
        self._context.tell(story.registration_lost(self._registration, outcome, self._context.elapsed_s()))
        self._stands = False
        self._ended = replace(self._ended, unsure=False)  # it is not there, so nothing is made twice
        self._changed(replace(self._ended, outcome=outcome))
        return await self._register_again()

    async def _register_again(self) -> float | None:
        ended = await register(self._renew(self._context), self._registration, self._ended)
        self._ended = ended
        self._changed(self._ended)
        if ended.outcome.state.stands:
            self._rebirths += 1
            self._missed = 0
        self._stands = ended.outcome.state.stands or ended.outcome.state is OutcomeState.UNKNOWN
        ends = ended.outcome.exit_status == ExitStatus.INTERRUPTED or not (
            self._stands or goes_on(ended.outcome)
        )
        return None if ends else 0.0

    def _give_up(self, outcome: Outcome, run: Run) -> None:
        at_s = self._context.elapsed_s()
        attempts = tuple(run.record.attempts)
        outcome = replace(outcome, started_s=self._ended.outcome.started_s, ended_s=at_s, attempts=attempts)
        outcome = self._context.redactor.mask_fields(outcome)
        self._context.tell(story.registration_finished(outcome))
        self._ended = replace(self._ended, outcome=outcome)
        self._changed(self._ended)
