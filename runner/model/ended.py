"""How a registration ended, with what undoing or keeping it needs to know: what one process hands to the next."""

from msgspec import Struct

from runner.language.terms import OutcomeState
from runner.model.bound import NO_CAPTURES, Captures
from runner.model.outcome import Outcome


class Ended(Struct, frozen=True, kw_only=True):
    """How a registration ended, or stands."""

    outcome: Outcome
    captures: Captures = NO_CAPTURES
    leaves_traces: bool = False
    """Whether this run registered or adopted it, or may have: there is something to undo."""
    unsure: bool = False
    """Whether a request that must not be sent twice may have taken effect, and nobody has seen whether it did."""
    was_active: bool = False
    """Whether it was registered before: what fails then is no failure to register."""
    missed_beats: int = 0
    """So many beats in a row have failed, once they are enough to worry."""

    @property
    def must_be_handed_over(self) -> bool:
        """Whether another process that goes on must know of it; what is not there is simply registered."""
        return self.leaves_traces or self.unsure or self.outcome.state is OutcomeState.ALREADY_REGISTERED
