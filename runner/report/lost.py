"""Which attempts of a registration were lost: a failure that another attempt, or a verification, had to mend."""

from runner.model.outcome import Attempt, Outcome


def is_lost(attempt: Attempt) -> bool:
    """Whether an attempt gave nothing."""
    return attempt.class_name is not None and not (attempt.decided and attempt.decided.counts_as_success)


def lost_of(outcome: Outcome) -> list[Attempt]:
    """Return the attempts that gave nothing, in their order."""
    return [attempt for attempt in outcome.attempts if is_lost(attempt)]


def answer_of(attempt: Attempt) -> str:
    """Return what came back: the status, or what went wrong instead."""
    said = (attempt.status, attempt.error_kind)
    return ", ".join(str(each) for each in said if each is not None) or "nothing"


def place_of(attempt: Attempt) -> str:
    """Return the verb and the step, as one word where they are the same."""
    return attempt.verb if attempt.step == attempt.verb else f"{attempt.verb}.{attempt.step}"
