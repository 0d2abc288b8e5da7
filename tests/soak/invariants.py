"""What must hold for every run, whatever the file and whatever the control plane did."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.engine.scheduler import exit_status_of
from runner.language.classes import Action
from runner.language.terms import OutcomeState, Processed, Reason, TransportKind, VerbName
from runner.model.exchange import Exchange, Request
from runner.model.outcome import Attempt, ExitStatus, Outcome, Report
from runner.model.plan import FailureClass, Plan, Registration, Step
from runner.model.why import NotTried
from runner.report.plan_text import longest_run_s
from runner.retry.decide import ABSENT_FOR_S

EPSILON_S = 1e-6


@dataclass(frozen=True)
class Seen:
    """One request as the wire saw it."""

    at_s: float
    request: Request
    exchange: Exchange | None
    """None when the run was interrupted while it was under way."""


def broken(plan: Plan, report: Report, wire: Sequence[Seen]) -> Iterator[str]:
    """Yield every promise that a run broke."""
    yield from _ends_in_time(plan, report)
    yield from _report_and_wire_agree(report, wire)
    yield from _exit_status(report)
    for outcome in report.outcomes:
        registration = plan.registrations[outcome.registration]
        yield from _deadline_holds(registration, outcome)
        yield from _attempts_are_counted(plan, registration, outcome)
        yield from _terminal_is_terminal(plan, registration, outcome)
        yield from _outcome_agrees(plan, registration, outcome)
        yield from _ambiguous_is_not_repeated(plan, registration, outcome)


def _ends_in_time(plan: Plan, report: Report) -> Iterator[str]:
    if report.elapsed_s > longest_run_s(plan) + EPSILON_S:
        yield f"the run took {report.elapsed_s:.3f} s, and the plan says at most {longest_run_s(plan):.3f} s"


def _report_and_wire_agree(report: Report, wire: Sequence[Seen]) -> Iterator[str]:
    """Every reported attempt was on the wire, and the reverse; one cut off by an interruption is not reported."""
    sent = Counter(seen.request.step for seen in wire if seen.exchange is not None)
    told = Counter(
        attempt.step
        for outcome in report.outcomes
        for attempt in outcome.attempts
        if not _never_sent(attempt)
    )
    for step in sent.keys() | told.keys():
        if sent[step] != told[step]:
            yield f"{step} was sent {sent[step]} times and is reported {told[step]} times"


def _never_sent(attempt: Attempt) -> bool:
    """Whether it could not be rendered, or was interrupted: the wire has no end of it."""
    return attempt.error_kind in {TransportKind.REQUEST_INVALID, TransportKind.CANCELLED}


def _exit_status(report: Report) -> Iterator[str]:
    stands = all(outcome.state.succeeded for outcome in report.outcomes if outcome.required)
    if not report.interrupted and stands != (report.exit_status == 0):
        yield f"exit status {report.exit_status} while all that is required is registered: {stands}"
    if not report.interrupted and report.exit_status != exit_status_of(report.outcomes):
        yield "the exit status is not that of the outcomes"


def _deadline_holds(registration: Registration, outcome: Outcome) -> Iterator[str]:
    if not outcome.attempts or registration.policy.deadline_s is None:
        return
    deadline_s = outcome.attempts[0].started_s + registration.policy.deadline_s
    for attempt in outcome.attempts:
        if attempt.ended_s > deadline_s + EPSILON_S:
            yield f"{attempt.step} #{attempt.number} ended {attempt.ended_s - deadline_s:.6f} s after the deadline"


def _step(plan: Plan, registration: Registration, attempt: Attempt) -> Step:
    verb = registration.verify if attempt.verb is VerbName.VERIFY else registration.register
    assert verb is not None
    for step in verb.steps:
        if step.name == attempt.step:
            return step
    return next(iter(plan.logins.values()))


def _class(step: Step, name: str | None) -> FailureClass | None:
    return next((each for each in (*step.declared, *step.built_in) if each.name == name), None)


def _attempts_are_counted(plan: Plan, registration: Registration, outcome: Outcome) -> Iterator[str]:
    """No counter has more failures than its policy allows."""
    counters: Counter[str] = Counter()
    allowed: dict[str, int | None] = {}
    looks = False
    for attempt in outcome.attempts:
        taken = _class(_step(plan, registration, attempt), attempt.class_name)
        if attempt.verb is VerbName.REGISTER:
            looks = taken is not None and attempt.processed is not Processed.NEVER
        if taken is None or taken.action.counts_as_success:
            continue
        if attempt.verb is VerbName.VERIFY and looks and taken.name in {"missing", "pending"}:
            continue  # it is looked for, and what is not there is an answer
        verb = registration.verify if attempt.verb is VerbName.VERIFY else registration.register
        own = verb.policy if verb is not None else None
        policy = taken.policy or own or registration.policy
        key = f"class {taken.name}" if taken.policy else (attempt.verb if own else "registration")
        counters[key] += 1
        allowed[key] = policy.attempts
    for key, count in counters.items():
        most = allowed[key]
        # A terminal failure is charged too; it ends the run whatever is left.
        if most is not None and count > most + 1:
            yield f"{outcome.registration}: {count} failures on the counter {key}, which allows {most}"


def _terminal_is_terminal(plan: Plan, registration: Registration, outcome: Outcome) -> Iterator[str]:
    for earlier, later in zip(outcome.attempts, outcome.attempts[1:], strict=False):
        taken = _class(_step(plan, registration, earlier), earlier.class_name)
        if taken is None or taken.action is not Action.FAIL:
            continue
        if later.verb is earlier.verb:
            yield f"{earlier.step} ended by {taken.name}, and {later.step} was sent after it"


def _outcome_agrees(plan: Plan, registration: Registration, outcome: Outcome) -> Iterator[str]:
    interrupted = outcome.exit_status == ExitStatus.INTERRUPTED
    if interrupted or outcome.state in {OutcomeState.SKIPPED, OutcomeState.CANCELLED}:
        return
    if not outcome.attempts:
        if outcome.reason is Reason.DEADLINE or outcome.why == NotTried():
            return
        yield f"{outcome.registration} is {outcome.state} without a single attempt"
        return
    last = outcome.attempts[-1]
    taken = _class(_step(plan, registration, last), last.class_name)
    good = taken is None or taken.action.counts_as_success
    if outcome.state.succeeded and not good:
        yield f"{outcome.registration} is {outcome.state}, and its last attempt failed by {last.class_name}"
    if outcome.state.succeeded and registration.verify is not None and last.verb is not VerbName.VERIFY:
        yield f"{outcome.registration} is {outcome.state} without its verification"
    too_late = outcome.reason is Reason.DEADLINE  # before the next step was sent
    if outcome.state is OutcomeState.FAILED and good and not too_late:
        yield f"{outcome.registration} failed, and its last attempt succeeded"


def _ambiguous_is_not_repeated(plan: Plan, registration: Registration, outcome: Outcome) -> Iterator[str]:
    """A request that may have been processed and is not idempotent is sent again only once it is proved to be absent."""
    open_questions: set[str] = set()
    absent_since_s: float | None = None
    for attempt in outcome.attempts:
        if attempt.step in open_questions:
            yield f"{attempt.step} was sent again although it may have been processed"
        step = _step(plan, registration, attempt)
        taken = _class(step, attempt.class_name)
        failed = taken is not None and not taken.action.counts_as_success
        if attempt.verb is VerbName.VERIFY:
            if taken is not None and taken.name in {"missing", "pending"} and absent_since_s is None:
                absent_since_s = attempt.ended_s
            absent = absent_since_s is not None and attempt.ended_s - absent_since_s >= ABSENT_FOR_S - 1e-6
            if absent or (taken is not None and taken.action is Action.START_OVER):
                open_questions.clear()
            continue
        absent_since_s = None
        if failed and not step.request.idempotent and attempt.processed is not Processed.NEVER:
            open_questions.add(attempt.step)
