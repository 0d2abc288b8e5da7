"""When the next beat is due, and what follows one that failed.

A beat has no retries of its own: the cadence is the retry. So a failed one either says that the registration is
gone, or that it is refused, or nothing at all.
"""

import math

from runner.language.classes import Action
from runner.language.terms import OutcomeState, Reason
from runner.model.decision import Decided, GiveUp
from runner.model.failure import Failure
from runner.model.outcome import Outcome


def after_beat(failure: Failure, decision: object) -> Decided:
    """Return what follows a beat that failed.

    Args:
        failure: the attempt and its class, whose action decides.
        decision: what was decided about the attempt; an ambiguous end says nothing about the registration.
    """
    action = failure.failure_class.action
    if action is Action.START_OVER:
        return Decided.REGISTER_AGAIN
    ambiguous = isinstance(decision, GiveUp) and decision.ambiguous
    return Decided.REFUSED if action is Action.FAIL and not ambiguous else Decided.NEXT_BEAT


def goes_on(outcome: Outcome) -> bool:
    """Whether a registration that was given up is worth another try at the cadence: it failed for the moment only."""
    transient = outcome.state is OutcomeState.FAILED and outcome.reason not in {None, Reason.FATAL}
    return transient or outcome.state in {OutcomeState.UNKNOWN, OutcomeState.LOST}


def next_beat_s(last_s: float, every_s: float, now_s: float, pause_s: float = 0.0) -> float:
    """Return when the next beat is due: on the cadence, and of several that were missed only the last one.

    That one is due at once: a beat that has just timed out has used the time up to the next one, and must not cost it.

    Args:
        last_s: when the last one was due.
        every_s: the cadence.
        now_s: the moment.
        pause_s: how long the server asked to be left alone.
    """
    gone = (now_s + pause_s - last_s) / every_s
    return last_s + max(1, math.ceil(gone) if pause_s else math.floor(gone)) * every_s
