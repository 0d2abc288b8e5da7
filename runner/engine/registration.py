"""One registration from its first request to its outcome."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from msgspec.structs import replace

from runner.engine import events
from runner.engine.context import Context
from runner.engine.ends import Done, Stopped
from runner.engine.steps import Run
from runner.language.terms import OutcomeState, Reason, TransportKind, VerbName
from runner.model.bound import NO_CAPTURES, Captures
from runner.model.decision import GiveUp, Retry, StartOver
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Outcome
from runner.model.plan import Registration, Step, Verb
from runner.model.why import FoundNothing, Interrupted, NotTried, NotUndoable, Overtaken
from runner.retry.decide import policy_of
from runner.retry.retry_after import asked

# When one of these ends a verification, the server has said that the registration is not there.
_SAYS_NO = {"missing", "pending"}


async def register(context: Context, registration: Registration, before: Ended | None = None) -> Ended:
    """Run a registration and its verification.

    Args:
        context: of the run.
        registration: what to register.
        before: how an earlier try ended; what that may have done is looked at before anything is sent again.

    Returns:
        How it ended; a cancellation is an outcome too, so that nothing that happened is lost.
    """
    unsure = before is not None and before.unsure
    run = Run(context, registration, captures=before.captures if before and unsure else NO_CAPTURES)
    outcome = await _until_outcome(run, _look_first if unsure else _register)
    return Ended(
        outcome=outcome,
        captures=run.captures,
        leaves_traces=_is_ours(run, outcome) or (unsure and outcome.state is OutcomeState.UNKNOWN),
        unsure=_is_unsure(run, outcome),
    )


def _is_unsure(run: Run, outcome: Outcome) -> bool:
    """Whether it is not to be registered once more before somebody has looked."""
    unverified = outcome.verb is VerbName.VERIFY and outcome.reason is not Reason.VERIFY
    sent_once = outcome.state is OutcomeState.FAILED and unverified and run.sent_what_may_not_be_repeated
    return sent_once or outcome.state is OutcomeState.UNKNOWN


def _is_ours(run: Run, outcome: Outcome) -> bool:
    """Whether there may be something to undo; what somebody else registered is never undone."""
    stands_otherwise = outcome.state is OutcomeState.ALREADY_REGISTERED
    return not stands_otherwise and (outcome.state.succeeded or run.may_have_taken_effect)


async def deregister(
    context: Context,
    registration: Registration,
    captures: Captures = NO_CAPTURES,
    until_s: float = math.inf,
) -> Ended:
    """Undo a registration.

    Args:
        context: of the run.
        registration: what to undo.
        captures: what registering it captured, where this is known.
        until_s: when it must be over, on the loop's clock.
    """
    overtaken = registration.name in context.closing.cut_off
    run = Run(context, registration, captures=captures, until_s=until_s)
    outcome = await _until_outcome(
        run, partial(_deregister, overtaken=overtaken), undoes=registration.deregister
    )
    return Ended(outcome=outcome, captures=captures, leaves_traces=not outcome.state.succeeded)


async def _until_outcome(
    run: Run, perform: Callable[[Run], Awaitable[Outcome]], undoes: Verb | None = None
) -> Outcome:
    context = run.context
    started_s = context.elapsed_s()
    context.tell(events.registration_started(run.registration, started_s))
    try:
        outcome = await perform(run)
    except asyncio.CancelledError:
        outcome = _cancelled(run, undoes)
    attempts = tuple(run.record.attempts)
    outcome = replace(outcome, started_s=started_s, ended_s=context.elapsed_s(), attempts=attempts)
    outcome = context.redactor.mask_fields(outcome)
    context.tell(events.registration_finished(outcome))
    return outcome


async def _register(run: Run) -> Outcome:
    first, until_s = None, math.inf
    while True:
        end = await _once(run, first, until_s)
        first, until_s = None, math.inf
        match end:
            case Outcome():
                return end
            case Stopped(decision=Retry() as again):
                first, until_s = end.step, again.until_s
                await asyncio.sleep(again.delay_s)
            case Stopped(decision=StartOver() as anew):
                run.start_over()
                await asyncio.sleep(anew.delay_s)


async def _look_first(run: Run) -> Outcome:
    """Look whether an earlier try has registered it, and register it only where nothing is there."""
    verify = run.registration.verify
    assert verify is not None, "without a verification there is no later try"
    proof = await run.prove(verify)
    if isinstance(proof, Done):
        return outcome_of(run.registration)
    if isinstance(proof.decision, StartOver) or proof.decision == GiveUp(Reason.VERIFY):
        run.start_over()
        return await _register(run)
    return _unknown(run, proof)


async def _once(run: Run, first: Step | None, until_s: float) -> Outcome | Stopped:
    """Register and verify; returns how that ended, or where and how it goes on."""
    registration = run.registration
    end = await run.perform(registration.register, first, until_s)
    if isinstance(end, Stopped):
        return end if isinstance(end.decision, StartOver) else await _settle(run, end)
    state = OutcomeState.ALREADY_REGISTERED if end.already else OutcomeState.REGISTERED
    if registration.verify is None:
        return outcome_of(registration, state)
    proof = await run.perform(registration.verify)
    if isinstance(proof, Done):
        return outcome_of(registration, state)
    return proof if isinstance(proof.decision, StartOver) else _unverified(run, proof)


async def _settle(run: Run, end: Stopped) -> Outcome | Stopped:
    """A registration stopped; where a request may have taken effect all the same, verification decides.

    Returns:
        How it ended; or where and how it goes on, because the request had no effect.
    """
    if not (isinstance(end.decision, GiveUp) and end.decision.ambiguous):
        return failed(run, end)
    if run.registration.verify is None:
        return _unknown(run, end)
    proof = await run.prove(run.registration.verify)
    if isinstance(proof, Done):
        return outcome_of(run.registration, OutcomeState.REGISTERED)
    if isinstance(proof.decision, StartOver):
        return proof
    if proof.decision != GiveUp(Reason.VERIFY):
        return _unknown(run, end)
    end = replace(end, decision=run.decide_disproved(end))
    run.context.tell(events.disproved(run.registration, end.decision, run.context.elapsed_s()))
    if isinstance(end.decision, Retry | StartOver):
        return end
    return replace(failed(run, end), why=FoundNothing())


async def _deregister(run: Run, *, overtaken: bool) -> Outcome:
    verb = run.registration.deregister
    if verb is None:
        return replace(outcome_of(run.registration, OutcomeState.SKIPPED), why=NotUndoable())
    end = await run.perform(verb)
    if isinstance(end, Done) and overtaken:
        return _maybe_there_again(run, verb)
    if isinstance(end, Done):
        return outcome_of(run.registration, OutcomeState.DEREGISTERED)
    ambiguous = isinstance(end.decision, GiveUp) and end.decision.ambiguous
    return _unknown(run, end) if ambiguous else failed(run, end)


def _maybe_there_again(run: Run, verb: Verb) -> Outcome:
    return Outcome(
        registration=run.registration.name,
        state=OutcomeState.UNKNOWN,
        required=run.registration.required,
        span=verb.span,
        verb=verb.name,
        why=Overtaken(),
        exit_status=ExitStatus.UNKNOWN,
    )


def outcome_of(registration: Registration, state: OutcomeState = OutcomeState.REGISTERED) -> Outcome:
    """Return the outcome of a registration that is as it was asked for."""
    return Outcome(
        registration=registration.name,
        state=state,
        required=registration.required,
        span=registration.span,
    )


def failed(run: Run, end: Stopped) -> Outcome:
    """Return the outcome of a registration that a step has ended."""
    failure, taken = end.failure, end.failure.failure_class
    reason = end.decision.reason if isinstance(end.decision, GiveUp) else Reason.FATAL
    said_s = asked(policy_of(run.registration, end.verb, taken), failure.retry_after_s).said_s
    return Outcome(
        registration=run.registration.name,
        state=OutcomeState.FAILED,
        required=run.registration.required,
        span=end.step.span,
        verb=end.verb.name,
        step=end.step.name,
        class_name=taken.name,
        class_span=taken.span,
        reason=reason,
        message=failure.message,
        why=NotTried() if end.not_tried else None,
        server_message=failure.server_message,
        hint=taken.hint,
        exit_status=ExitStatus.BUG if failure.kind is TransportKind.INTERNAL else taken.final_status,
        retry_not_before=None if said_s is None else run.context.wall_now() + timedelta(seconds=said_s),
    )


def _unverified(run: Run, end: Stopped) -> Outcome:
    """The registration was accepted and its verification ended otherwise."""
    outcome = failed(run, end)
    asked = outcome.verb is VerbName.VERIFY and end.failure.failure_class.name in _SAYS_NO
    return replace(outcome, reason=Reason.VERIFY) if asked else outcome


def _unknown(run: Run, end: Stopped) -> Outcome:
    return replace(failed(run, end), state=OutcomeState.UNKNOWN, exit_status=ExitStatus.UNKNOWN)


def _cancelled(run: Run, undoes: Verb | None) -> Outcome:
    """Return the outcome of an interruption; of a deregistration it says where, since what it was for may still be registered."""
    unknown = run.may_have_taken_effect
    return Outcome(
        registration=run.registration.name,
        state=OutcomeState.UNKNOWN if unknown else OutcomeState.CANCELLED,
        required=run.registration.required,
        span=run.registration.span if undoes is None else undoes.span,
        verb=None if undoes is None else undoes.name,
        why=Interrupted(may_have_taken_effect=unknown),
        exit_status=ExitStatus.INTERRUPTED,
    )
