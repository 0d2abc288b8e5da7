"""How the steps of a verb end: all done, or stopped at one with what was decided about it."""

from msgspec import Struct
from msgspec.structs import replace

from runner.engine.turns import SentAway
from runner.model.decision import Decision
from runner.model.failure import Failure
from runner.model.plan import Step, Verb


class Done(Struct, frozen=True, kw_only=True):
    """All steps of a verb succeeded; ``already`` when a class said of the last one that writes: somebody else's."""

    already: bool


class Stopped(Struct, frozen=True, kw_only=True):
    """A step ended without success, and this was decided about it."""

    verb: Verb
    step: Step
    failure: Failure
    decision: Decision
    not_tried: bool = False
    """Nobody asked: others have found that nobody answers."""


def not_tried(verb: Verb, step: Step, why: SentAway) -> Stopped:
    """Return the end of who need not begin: that of who tried, but for what was sent then."""
    decision = replace(why.decision, ambiguous=False)
    return Stopped(verb=verb, step=step, failure=why.failure, decision=decision, not_tried=True)
