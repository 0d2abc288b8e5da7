"""When the next beat is due, and what follows one that failed.

A beat has no retries of its own: the cadence is the retry. So a failed one either says that the registration is
gone, or that it can never work, or nothing at all.
"""

import math
from enum import StrEnum

from runner.model.failure import Failure, GiveUp
from runner.model.outcome import Outcome, OutcomeState, Reason
from runner.model.plan import Action

MAX_REBIRTHS = 3
"""So often a registration is made again without one good beat in between; then something else is wrong."""


class AfterBeat(StrEnum):
    """What follows a failed beat."""

    GO_ON = "go_on"
    """The next beat is the retry."""
    REGISTER_AGAIN = "register_again"
    END = "end"


def after_beat(failure: Failure, decision: object) -> AfterBeat:
    """Return what follows a beat that failed.

    Args:
        failure: the attempt and its class, whose action decides.
        decision: what was decided about the attempt; an ambiguous end says nothing about the registration.
    """
    action = failure.failure_class.action
    if action is Action.START_OVER:
        return AfterBeat.REGISTER_AGAIN
    ambiguous = isinstance(decision, GiveUp) and decision.ambiguous
    return AfterBeat.END if action is Action.FAIL and not ambiguous else AfterBeat.GO_ON


def goes_on(outcome: Outcome) -> bool:
    """Whether a registration that was given up is worth another try at the cadence: it failed for the moment only."""
    transient = outcome.state is OutcomeState.FAILED and outcome.reason not in {None, Reason.FATAL}
    return transient or outcome.state is OutcomeState.UNKNOWN


def next_beat_s(last_s: float, every_s: float, not_before_s: float) -> float:
    """Return when the next beat is due: on the cadence, and beats that were missed are left out.

    Args:
        last_s: when the last one was due.
        every_s: the cadence.
        not_before_s: now, or when the server asked us back.
    """
    beats = max(1, math.ceil((not_before_s - last_s) / every_s))
    return last_s + beats * every_s
