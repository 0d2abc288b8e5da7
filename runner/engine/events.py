"""The events of a run as the engine tells them: which fields each has, and how loud it is."""

from runner.language.terms import VerbName
from runner.model.decision import Decided, Decision, GiveUp, decided, reason_of, wait_of
from runner.model.event import EventKind, Level, RunEvent
from runner.model.failure import Failure
from runner.model.note import ClocksParted, Disproved, Note, StepSkipped
from runner.model.outcome import Attempt, ExitStatus, Outcome
from runner.model.plan import Registration, Step, Verb
from runner.retry.cadence import after_beat
from runner.values.condition import describe


def registration_started(registration: Registration, elapsed_s: float) -> RunEvent:
    """A registration begins."""
    return RunEvent(
        event=EventKind.REGISTRATION_STARTED,
        level=Level.DEBUG,
        elapsed_s=elapsed_s,
        registration=registration.name,
        place=str(registration.span),
    )


def step_succeeded(registration: Registration, attempt: Attempt) -> RunEvent:
    """A step gave what it expects; that a registration is kept is no news."""
    return RunEvent(
        event=EventKind.STEP_SUCCEEDED,
        level=Level.DEBUG if attempt.verb is VerbName.HEARTBEAT else Level.INFO,
        elapsed_s=attempt.ended_s,
        registration=registration.name,
        verb=attempt.verb,
        step=attempt.step,
        attempt=attempt.number,
        method=attempt.method,
        status=attempt.status,
        request_id=attempt.request_id,
    )


def attempt_failed(
    registration: Registration, step: Step, attempt: Attempt, failure: Failure, decision: Decision
) -> RunEvent:
    """An attempt failed, and this follows."""
    follows = _follows(registration, attempt, failure, decision)
    ends = follows in {Decided.GIVE_UP, Decided.LEFT_OPEN, Decided.VERIFY}
    return RunEvent(
        event=EventKind.ATTEMPT_FAILED,
        level=Level.INFO,
        elapsed_s=attempt.ended_s,
        registration=registration.name,
        verb=attempt.verb,
        step=attempt.step,
        attempt=attempt.number,
        class_name=attempt.class_name,
        status=attempt.status,
        error_kind=attempt.error_kind,
        cause=failure.message,
        server_message=failure.server_message,
        remark=failure.note,
        decided=follows,
        wait_s=attempt.wait_s,
        request_id=attempt.request_id,
        reason=attempt.reason if ends else None,
        last=ends and follows is not Decided.VERIFY,
        place=str(failure.failure_class.span or step.span),
    )


def _follows(registration: Registration, attempt: Attempt, failure: Failure, decision: Decision) -> Decided:
    """The end of a beat is not yet that of its registration, nor is one that a verification looks at."""
    if isinstance(decision, GiveUp) and attempt.verb is VerbName.HEARTBEAT:
        return after_beat(failure, decision)
    verified = attempt.verb is VerbName.REGISTER and registration.verify is not None
    return (
        Decided.VERIFY
        if isinstance(decision, GiveUp) and decision.ambiguous and verified
        else decided(decision)
    )


def disproved(registration: Registration, decision: Decision, elapsed_s: float) -> RunEvent:
    """A request that may have taken effect has not."""
    what = Disproved(decided=decided(decision), reason=reason_of(decision), wait_s=wait_of(decision))
    return note(what, elapsed_s, registration=registration)


def clocks_parted(gap_s: float, elapsed_s: float) -> RunEvent:
    """The wall clock and the loop's clock no longer agree."""
    return note(ClocksParted(gap_s=gap_s), elapsed_s, level=Level.WARNING)


def run_finished(elapsed_s: float, exit_status: int) -> RunEvent:
    """Nothing more happens."""
    return RunEvent(
        event=EventKind.RUN_FINISHED, level=Level.DEBUG, elapsed_s=elapsed_s, exit_status=int(exit_status)
    )


def note(
    what: Note, elapsed_s: float, *, level: Level = Level.INFO, registration: Registration | None = None
) -> RunEvent:
    """Something worth a line."""
    name = registration.name if registration else None
    return RunEvent(event=EventKind.NOTE, level=level, elapsed_s=elapsed_s, note=what, registration=name)


def step_skipped(registration: Registration, verb: Verb, step: Step, elapsed_s: float) -> RunEvent:
    """A step that is asked for only sometimes is not asked for now."""
    what = StepSkipped(step=step.name, conditions=tuple(map(describe, step.when)))
    # A beat would say it again and again.
    level = Level.INFO if verb.name is VerbName.REGISTER else Level.DEBUG
    return note(what, elapsed_s, level=level, registration=registration)


def registration_forgotten(registration: Registration, outcome: Outcome, elapsed_s: float) -> RunEvent:
    """The control plane no longer knows what it had accepted."""
    return RunEvent(
        event=EventKind.REGISTRATION_LOST,
        level=Level.WARNING,
        elapsed_s=elapsed_s,
        registration=registration.name,
        verb=outcome.verb,
        step=outcome.step,
        class_name=outcome.class_name,
        cause=outcome.message,
        place=str(outcome.span),
    )


def registration_finished(outcome: Outcome) -> RunEvent:
    """A registration ended."""
    last = outcome.deciding
    return RunEvent(
        event=EventKind.REGISTRATION_FINISHED,
        level=_level(outcome),
        elapsed_s=outcome.ended_s,
        registration=outcome.registration,
        verb=outcome.verb,
        step=outcome.step,
        attempt=last.number if last else None,
        class_name=outcome.class_name,
        status=last.status if last else None,
        error_kind=last.error_kind if last else None,
        cause=outcome.message,
        why=outcome.why,
        server_message=outcome.server_message,
        request_id=last.request_id if last else None,
        outcome=outcome.state,
        reason=outcome.reason,
        requests=outcome.requests,
        place=str(outcome.span),
    )


def _level(outcome: Outcome) -> Level:
    """An end is as loud as what one has to do about it: an interruption was somebody's wish."""
    if outcome.state.succeeded or outcome.exit_status == ExitStatus.OK:
        return Level.INFO
    wished = outcome.exit_status == ExitStatus.INTERRUPTED or outcome.verb is VerbName.DEREGISTER
    if outcome.required and not wished and outcome.state.is_failure:
        return Level.ERROR
    return Level.WARNING
