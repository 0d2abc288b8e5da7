"""The end of a run for people: what is registered, what failed, why, where, and whether restarting helps."""

from collections import Counter

from runner.language.terms import OutcomeState, Reason, VerbName
from runner.language.units import format_duration
from runner.model.outcome import ExitStatus, Outcome, Report
from runner.report.story import why_of

_MAX_STANDING = 20
_GREEN, _YELLOW, _RED, _NO_COLOUR = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
REASONS = {
    Reason.FATAL: "not retried",
    Reason.ATTEMPTS: "all attempts used",
    Reason.DEADLINE: "deadline reached",
    Reason.RETRY_AFTER: "the server asked to wait longer than allowed",
    Reason.VERIFY: "not confirmed by the verification",
}
ADVICE: dict[int, str] = {
    ExitStatus.UNKNOWN: "it may have taken effect: look before you restart",
    ExitStatus.TRANSIENT: "restarting may help",
    ExitStatus.REJECTED: "restarting will not help",
    ExitStatus.DENIED: "restarting will not help",
}


def render_summary(report: Report, *, colour: bool = False, closing: bool = True) -> str:
    """Return the summary of a run, a few lines a registration; many that stand are only counted.

    Args:
        report: how it ended.
        colour: whether to colour it.
        closing: whether the run is over, and its exit status the last line.
    """
    standing = [outcome for outcome in report.outcomes if outcome.state.succeeded]
    told = report.outcomes
    lines: list[str] = []
    if len(standing) > _MAX_STANDING:
        told = tuple(outcome for outcome in told if not outcome.state.succeeded)
        lines = _counted(standing, colour=colour)
    lines += [line for outcome in told for line in describe_outcome(outcome, colour=colour)]
    last = [f"exit status {report.exit_status} after {format_duration(report.elapsed_s)}"] if closing else []
    return "\n".join([*lines, *last])


def render_cause(report: Report) -> str:
    """Return in one line why a run did not succeed; empty when it did."""
    failed = (each for each in report.outcomes if each.required and not each.state.succeeded)
    first = next(failed, None)
    if first is None:
        return ""
    return describe_failure(first) if first.has_place else f"{first.registration}: {why_of(first)}"


def _counted(standing: list[Outcome], *, colour: bool) -> list[str]:
    counts = Counter(outcome.state for outcome in standing)
    return [_painted(f"{state} {count}", state, colour=colour) for state, count in counts.items()]


def _painted(text: str, state: OutcomeState, *, colour: bool) -> str:
    if not colour:
        return text
    return f"{_GREEN if state.succeeded else _RED if state.is_failure else _YELLOW}{text}{_NO_COLOUR}"


def describe_outcome(outcome: Outcome, *, colour: bool = False) -> list[str]:
    """Return the lines about one registration: how it ended, then the cause, and what to do about it."""
    details = ", ".join(part for part in (_effort(outcome), "" if outcome.required else "optional") if part)
    head = _painted(f"{outcome.state} {outcome.registration}", outcome.state, colour=colour)
    if outcome.state.succeeded:
        return [f"{head} ({details})" if details else head]
    if not outcome.has_place:
        return [f"{head}: {why_of(outcome)}" + (f" ({details})" if details else "")]
    lines = [f"{head} ({details})" if details else head, f"  {describe_failure(outcome)}"]
    reason = REASONS[outcome.reason] if outcome.reason else ""
    if outcome.state is OutcomeState.LOST:
        reason = "it was registered, and its beats are refused; it is tried again at the cadence"
    advice = ADVICE.get(outcome.exit_status, "")
    if outcome.verb is VerbName.DEREGISTER:
        advice = "it may still be registered"
    lines.append("  " + "; ".join(part for part in (reason, advice) if part))
    if (
        outcome.is_first_cause
        and outcome.deregistration is not None
        and outcome.verb is not VerbName.DEREGISTER
    ):
        gone = outcome.deregistration is OutcomeState.DEREGISTERED
        lines.append(
            "  deregistered afterwards"
            if gone
            else "  it could not be deregistered afterwards, and may still be registered"
        )
    if outcome.hint:
        lines.append(f"  hint: {outcome.hint}")
    last = outcome.deciding
    if last is not None and last.request_id is not None:
        lines.append(f"  request id: {last.request_id}")
    if outcome.class_span is not None:
        lines.append(f"  class {outcome.class_name}: {outcome.class_span}")
    if outcome.retry_not_before is not None:
        lines.append(
            f"  the server asks not to be called before {outcome.retry_not_before:%Y-%m-%d %H:%M:%S %Z}"
        )
    return lines


def _effort(outcome: Outcome) -> str:
    count = outcome.requests
    took = format_duration(outcome.ended_s - outcome.started_s)
    return f"{count} request{'' if count == 1 else 's'} in {took}" if count else ""


def describe_failure(outcome: Outcome) -> str:
    """Return one line with the place in the YAML, the class, the cause, and the server's own words."""
    if (
        outcome.class_name is None and outcome.verb is None
    ):  # no request of a registration: the message says whose
        return f"{outcome.span} {why_of(outcome)}"
    where = f"registrations.{outcome.registration}"
    if outcome.verb not in (None, VerbName.REGISTER):
        where += f".{outcome.verb}"
    if outcome.step not in (None, outcome.verb):
        where += f".{outcome.step}"
    words = f': "{outcome.server_message}"' if outcome.server_message else ""
    cause = f"{outcome.class_name} ({why_of(outcome)})" if outcome.class_name else why_of(outcome)
    return f"{outcome.span} {where}: {cause}{words}"
