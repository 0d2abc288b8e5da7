"""What is decided about a failed attempt: with all that the engine needs to do it, and in a word to be kept and told."""

from enum import StrEnum

from msgspec import Struct

from runner.language.terms import Reason


class Retry(Struct, frozen=True):
    """Send the step again after a wait; ``until_s`` bounds that attempt, on the loop's clock."""

    delay_s: float
    until_s: float


class StartOver(Struct, frozen=True):
    """Begin the registration again from its first step after a wait."""

    delay_s: float


class Succeed(Struct, frozen=True):
    """Count the attempt as a success; ``adopts`` when what was there already is this run's from here on."""

    adopts: bool = False


class GiveUp(Struct, frozen=True):
    """Stop; ``ambiguous`` when the request may have taken effect and must not be repeated."""

    reason: Reason
    ambiguous: bool = False


Decision = Retry | StartOver | Succeed | GiveUp


class Decided(StrEnum):
    """What follows a failed attempt, in a word: what is kept and told of a decision."""

    RETRY = "retry"
    START_OVER = "start_over"
    SUCCEED = "succeed"
    ADOPT = "adopt"
    GIVE_UP = "give_up"
    LEFT_OPEN = "left_open"
    """It may have taken effect and must not be repeated."""
    VERIFY = "verify"
    """It may have taken effect, and the verification decides; told only, and so are what follows beats."""
    NEXT_BEAT = "next_beat"
    REGISTER_AGAIN = "register_again"
    REFUSED = "refused"
    """The next beat is the retry here too; several in a row make the registration lost."""

    @property
    def counts_as_success(self) -> bool:
        """Whether the attempt gave what it was made for."""
        return self in {Decided.SUCCEED, Decided.ADOPT}


def decided(decision: Decision) -> Decided:
    """Return what is kept of a decision beside its wait and its reason."""
    match decision:
        case Retry():
            return Decided.RETRY
        case StartOver():
            return Decided.START_OVER
        case Succeed(adopts=adopts):
            return Decided.ADOPT if adopts else Decided.SUCCEED
        case GiveUp(ambiguous=ambiguous):
            return Decided.LEFT_OPEN if ambiguous else Decided.GIVE_UP


def wait_of(decision: Decision) -> float | None:
    """Return the wait that was decided, if any."""
    return decision.delay_s if isinstance(decision, Retry | StartOver) else None


def reason_of(decision: Decision) -> Reason | None:
    """Return why it is the end, if it is."""
    return decision.reason if isinstance(decision, GiveUp) else None
