"""The words of a run: decisions and events, said for operations people."""

from runner.language.terms import OutcomeState, Reason, VerbName
from runner.language.units import format_duration
from runner.model.event import EventKind, Level, RunEvent
from runner.model.failure import Decision, Failure, GiveUp, Retry, StartOver, Succeed
from runner.model.outcome import Attempt, ExitStatus, Outcome
from runner.model.plan import Registration, Step, Verb
from runner.retry.cadence import AfterBeat, after_beat
from runner.values.condition import describe

_REASONS = {
    Reason.FATAL: "not tried again",
    Reason.ATTEMPTS: "the attempts are used up",
    Reason.DEADLINE: "the deadline leaves no time for another attempt",
    Reason.RETRY_AFTER: "the server asks for a longer wait than allowed",
    Reason.VERIFY: "the verification did not confirm it",
}


_AFTER_BEAT = {
    AfterBeat.GO_ON: "the next beat is the retry",
    AfterBeat.REGISTER_AGAIN: "to be registered again",
    AfterBeat.REFUSED: "refused, and the next beat tries again",
}


def in_words(decision: Decision) -> str:
    """Return what was decided, in a word or two."""
    match decision:
        case Retry(delay_s=delay_s):
            return f"again in {format_duration(delay_s)}"
        case StartOver(delay_s=delay_s):
            return f"from the start in {format_duration(delay_s)}"
        case Succeed():
            return "counts as a success"
        case GiveUp(ambiguous=True):
            return "it may have taken effect and must not be repeated"
        case GiveUp(reason=reason):
            return _REASONS[reason]


def registration_started(registration: Registration, elapsed_s: float) -> RunEvent:
    """A registration begins."""
    return RunEvent(
        event=EventKind.REGISTRATION_STARTED,
        level=Level.DEBUG,
        elapsed_s=elapsed_s,
        message="begins",
        registration=registration.name,
        place=str(registration.span),
    )


def step_succeeded(registration: Registration, attempt: Attempt) -> RunEvent:
    """A step gave what it expects; that a heart beats is no news."""
    return RunEvent(
        event=EventKind.STEP_SUCCEEDED,
        level=Level.DEBUG if attempt.verb is VerbName.HEARTBEAT else Level.INFO,
        elapsed_s=attempt.ended_s,
        message=f"{attempt.method} answered {attempt.status}",
        registration=registration.name,
        verb=attempt.verb,
        step=attempt.step,
        attempt=attempt.number,
        status=attempt.status,
        request_id=attempt.request_id,
    )


def attempt_failed(
    registration: Registration, step: Step, attempt: Attempt, failure: Failure, decision: Decision
) -> RunEvent:
    """An attempt failed, and this follows."""
    words = f' "{failure.server_message}"' if failure.server_message else ""
    note = f" ({failure.note})" if failure.note else ""
    ends = isinstance(decision, GiveUp)
    follows = in_words(decision)
    verified_next = _is_verified_next(registration, attempt, decision)
    if verified_next:
        follows = "it may have taken effect, which the verification decides"
    if ends and attempt.verb is VerbName.HEARTBEAT:
        # The end of a beat is not yet that of its registration.
        ends, follows = False, _AFTER_BEAT[after_beat(failure, decision)]
    return RunEvent(
        event=EventKind.ATTEMPT_FAILED,
        level=Level.INFO,
        elapsed_s=attempt.ended_s,
        message=f"{failure.message}{words}{note}; {follows}",
        registration=registration.name,
        verb=attempt.verb,
        step=attempt.step,
        attempt=attempt.number,
        class_name=attempt.class_name,
        status=attempt.status,
        error_kind=attempt.error_kind,
        wait_s=attempt.wait_s,
        request_id=attempt.request_id,
        reason=decision.reason if ends and isinstance(decision, GiveUp) else None,
        last=ends and not verified_next,
        place=str(failure.failure_class.span or step.span),
    )


def _is_verified_next(registration: Registration, attempt: Attempt, decision: Decision) -> bool:
    ambiguous = isinstance(decision, GiveUp) and decision.ambiguous
    return ambiguous and attempt.verb is VerbName.REGISTER and registration.verify is not None


def disproved(registration: Registration, decision: Decision, elapsed_s: float) -> RunEvent:
    """A request that may have taken effect has not."""
    text = f"the request had no effect, the verification finds nothing; {in_words(decision)}"
    return note(text, elapsed_s, registration=registration)


def clocks_parted(gap_s: float, elapsed_s: float) -> RunEvent:
    """The wall clock and the loop's clock no longer agree."""
    ahead = "ran ahead" if gap_s > 0 else "went back"
    return RunEvent(
        event=EventKind.NOTE,
        level=Level.WARNING,
        elapsed_s=elapsed_s,
        message=f"the wall clock {ahead} by {format_duration(abs(gap_s))}: a suspended machine, or a clock that was"
        " set; waits and deadlines did not count it",
    )


def run_finished(elapsed_s: float, exit_status: int) -> RunEvent:
    """Nothing more happens."""
    message = f"ends with exit status {int(exit_status)}"
    return RunEvent(event=EventKind.RUN_FINISHED, level=Level.DEBUG, elapsed_s=elapsed_s, message=message)


def note(
    message: str, elapsed_s: float, *, level: Level = Level.INFO, registration: Registration | None = None
) -> RunEvent:
    """Something worth a line."""
    name = registration.name if registration else None
    return RunEvent(
        event=EventKind.NOTE, level=level, elapsed_s=elapsed_s, message=message, registration=name
    )


def step_skipped(registration: Registration, verb: Verb, step: Step, elapsed_s: float) -> RunEvent:
    """A step that is asked for only sometimes is not asked for now."""
    asked = " and ".join(map(describe, step.when))
    text = f"{registration.name}: {step.name} is skipped, since {asked} does not hold"
    # A beat would say it again and again.
    level = Level.INFO if verb.name is VerbName.REGISTER else Level.DEBUG
    return note(text, elapsed_s, level=level, registration=registration)


def registration_forgotten(registration: Registration, outcome: Outcome, elapsed_s: float) -> RunEvent:
    """The control plane no longer knows what it had accepted."""
    return RunEvent(
        event=EventKind.REGISTRATION_LOST,
        level=Level.WARNING,
        elapsed_s=elapsed_s,
        message=f"it is no longer registered ({outcome.message}), and is being registered again",
        registration=registration.name,
        verb=outcome.verb,
        step=outcome.step,
        class_name=outcome.class_name,
        place=str(outcome.span),
    )


def beats_missed(registration: Registration, missed: int, cause: str, elapsed_s: float) -> RunEvent:
    """So many beats in a row have failed that the registration may have expired."""
    text = f"{missed} beats in a row have failed ({cause}); the registration may have expired"
    return note(text, elapsed_s, level=Level.WARNING, registration=registration)


def beats_again(registration: Registration, missed: int, elapsed_s: float) -> RunEvent:
    """A beat succeeded after some that had not."""
    text = f"the heartbeat is back after {missed} that failed"
    return note(text, elapsed_s, registration=registration)


def registration_finished(outcome: Outcome) -> RunEvent:
    """A registration ended."""
    last = outcome.deciding
    return RunEvent(
        event=EventKind.REGISTRATION_FINISHED,
        level=_level(outcome),
        elapsed_s=outcome.ended_s,
        message=_end_in_words(outcome),
        registration=outcome.registration,
        verb=outcome.verb,
        step=outcome.step,
        attempt=last.number if last else None,
        class_name=outcome.class_name,
        status=last.status if last else None,
        error_kind=last.error_kind if last else None,
        request_id=last.request_id if last else None,
        outcome=outcome.state,
        reason=outcome.reason,
        place=str(outcome.span),
    )


def _level(outcome: Outcome) -> Level:
    """An end is as loud as what one has to do about it: an interruption was somebody's wish."""
    if outcome.state.stands or outcome.exit_status == ExitStatus.OK:
        return Level.INFO
    wished = outcome.exit_status == ExitStatus.INTERRUPTED or outcome.verb is VerbName.DEREGISTER
    if outcome.required and not wished and outcome.state.is_failure:
        return Level.ERROR
    return Level.WARNING


def _end_in_words(outcome: Outcome) -> str:
    if outcome.message is None:
        tries = outcome.requests
        return f"{outcome.state} after {tries} request{'' if tries == 1 else 's'}"
    words = f' "{outcome.server_message}"' if outcome.server_message else ""
    # Without a class no attempt was decided about, and the reason is in the message.
    follows = f"; {_REASONS[outcome.reason]}" if outcome.reason and outcome.class_name else ""
    if outcome.state is OutcomeState.LOST:
        follows = "; it is tried again at the cadence"
    if outcome.state is OutcomeState.UNKNOWN and outcome.class_name is not None:
        follows = "; it may have taken effect and must not be repeated"
    if outcome.verb is VerbName.DEREGISTER and outcome.class_name is None:
        follows = "; it may still be registered"
    of_class = f" ({outcome.class_name})" if outcome.class_name else ""
    return f"{outcome.state}{of_class}: {outcome.message}{words}{follows}"
