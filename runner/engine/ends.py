"""How the steps of a verb end: all done, or stopped at one with what was decided about it."""

from dataclasses import dataclass

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
