"""What is known of each registration of a run, and what follows from it for the run; no more than bookkeeping."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from runner.engine.registration import outcome_of
from runner.engine.scheduler import exit_status_of
from runner.language.lifecycle import Lifecycle, OnFailure, OnLost
from runner.language.terms import Cause, OutcomeState
from runner.model.ended import Ended
from runner.model.outcome import Beats, ExitStatus, Outcome
from runner.model.plan import Registration


class Known:
    """How each registration ended, or is now; ``ended`` has the last word about each."""

    def __init__(self, registrations: Mapping[str, Registration], lifecycle: Lifecycle) -> None:
        self.registrations = registrations
        self.ended: dict[str, Ended] = {}
        self._lifecycle = lifecycle

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each is now, in the order of the file."""
        return tuple(self.ended[name].outcome for name in self.registrations if name in self.ended)

    @property
    def exit_status(self) -> int:
        """What a run that ended now would exit with."""
        return exit_status_of(self.outcomes)

    @property
    def ready(self) -> bool:
        """Whether everything required is registered."""
        required = [each for each in self.registrations.values() if each.required]
        return all(
            each.name in self.ended and self.ended[each.name].outcome.state.is_active for each in required
        )

    @property
    def must_end(self) -> bool:
        """Whether a required registration has failed at first, or is lost, and that ends all."""
        return any(map(self.ends_all, self.ended.values()))

    def ends_all(self, ended: Ended) -> bool:
        """Whether a required registration that has ended so ends all."""
        outcome = ended.outcome
        if not outcome.required or outcome.state.succeeded or outcome.exit_status == ExitStatus.OK:
            return False
        if outcome.state is OutcomeState.LOST:
            return self._lifecycle.on_lost is OnLost.STOP_APP
        return self._lifecycle.on_failure is OnFailure.STOP_APP and not ended.was_active

    def note(self, ended: Ended) -> None:
        """Keep how a registration ended; traces of an earlier try stay, unless it has turned out to be another's."""
        name = ended.outcome.registration
        before = self.ended.get(name)
        others = ended.outcome.state is OutcomeState.ALREADY_REGISTERED
        outcome = replace(ended.outcome, beats=ended.outcome.beats or (before and before.outcome.beats))
        traces = ended.leaves_traces or (before is not None and before.leaves_traces and not others)
        self.ended[name] = replace(ended, outcome=outcome, leaves_traces=traces)

    def note_beats(self, name: str, beats: Beats) -> None:
        """Keep what has come of the beats of a registration."""
        ended = self.ended[name]
        self.ended[name] = replace(ended, outcome=replace(ended.outcome, beats=beats))

    def note_undone(self, ended: Ended) -> None:
        """Keep how deregistering ended; nothing need be known of how it was registered."""
        before = self.ended.get(ended.outcome.registration)
        outcome = ended.outcome if before is None else before.outcome.undone_by(ended.outcome)
        self.ended[ended.outcome.registration] = replace(ended, outcome=outcome)

    def take_over(self, held: Mapping[str, Ended]) -> None:
        """Keep what another process knew."""
        for name, each in held.items():
            if (registration := self.registrations.get(name)) is not None:
                state = each.outcome.state
                outcome = outcome_of(registration, state) if state.is_active else each.outcome
                self.ended[name] = replace(each, outcome=outcome)

    def failed_without(self, hearts: Collection[str]) -> list[str]:
        """What has failed; a failed registration that has a heart is made again by it."""
        failed = (name for name, each in self.ended.items() if not each.outcome.state.succeeded)
        return [name for name in failed if name not in hearts]

    def worth_a_try(self, hearts: Collection[str], hopeful: Collection[str] = ()) -> list[str]:
        """What has failed and may be tried again: no request is repeated that must not be, and no need is missing.

        Args:
            hearts: the registrations that have one.
            hopeful: what others may count on although it is not registered yet.
        """
        names = [name for name in self.failed_without(hearts) if not self._is_left_alone(name)]
        while True:
            there = {*names, *hopeful, *(each.registration for each in self.outcomes if each.state.is_active)}
            left = [name for name in names if there.issuperset(self.registrations[name].needs)]
            if left == names:
                return names
            names = left

    def _is_left_alone(self, name: str) -> bool:
        """Whether nobody can find out what its last request did, and so it is not sent again."""
        return self.ended[name].unsure and self.registrations[name].verify is None

    def to_undo(self, cause: Cause) -> list[str]:
        """Return what is undone when the run ends for a cause: only what this run may have registered."""
        return [
            name
            for name, each in self.registrations.items()
            if name in self.ended and self.ended[name].leaves_traces and each.is_undone_on(cause)
        ]
