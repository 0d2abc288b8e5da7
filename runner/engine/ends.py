"""How the steps of a verb end: all done, or stopped at one with what was decided about it."""

from dataclasses import dataclass, replace

from runner.engine.turns import SentAway
from runner.model.failure import Decision, Failure
from runner.model.plan import Step, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """All steps of a verb succeeded; ``already`` when a class said of the last one that writes: somebody else's."""

    already: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A step ended without success, and this was decided about it."""

    verb: Verb
    step: Step
    failure: Failure
    decision: Decision


def not_tried(verb: Verb, step: Step, why: SentAway) -> Stopped:
    """Return the end of who need not begin: that of who tried, but for what was sent then."""
    failure = replace(why.failure, message=f"not tried: {why.failure.message}")
    return Stopped(verb=verb, step=step, failure=failure, decision=replace(why.decision, ambiguous=False))
