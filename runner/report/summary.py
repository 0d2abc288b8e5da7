"""The end of a run for people: what stands, what failed, why, where, and whether restarting helps."""

from runner.model.outcome import ExitStatus, Outcome, OutcomeState, Reason, Report, VerbName
from runner.values.units import format_duration

_REASONS = {
    Reason.FATAL: "not retried",
    Reason.ATTEMPTS: "all attempts used",
    Reason.DEADLINE: "deadline reached",
    Reason.RETRY_AFTER: "the server asked to wait longer than allowed",
    Reason.VERIFY: "not confirmed by the verification",
}
_ADVICE: dict[int, str] = {
    ExitStatus.UNKNOWN: "it may have taken effect: look before you restart",
    ExitStatus.TRANSIENT: "restarting may help",
    ExitStatus.REJECTED: "restarting will not help",
    ExitStatus.DENIED: "restarting will not help",
}


def render_summary(report: Report) -> str:
    """Return the summary of a run, a few lines a registration."""
    lines = [line for outcome in report.outcomes for line in _outcome(outcome)]
    return "\n".join([*lines, f"exit status {report.exit_status} after {format_duration(report.elapsed_s)}"])


def _outcome(outcome: Outcome) -> list[str]:
    count = len(outcome.attempts)
    took = format_duration(outcome.ended_s - outcome.started_s)
    effort = f"{count} request{'' if count == 1 else 's'} in {took}"
    optional = "" if outcome.required else ", optional"
    head = f"{outcome.state} {outcome.registration}"
    if outcome.state.stands:
        return [f"{head} ({effort}{optional})"]
    if outcome.state not in {OutcomeState.FAILED, OutcomeState.UNKNOWN} or outcome.class_name is None:
        return [f"{head}: {outcome.message} ({effort}{optional})"]
    lines = [f"{head} ({effort}{optional})", f"  {describe_failure(outcome)}"]
    reason = _REASONS[outcome.reason] if outcome.reason else ""
    advice = _ADVICE.get(outcome.exit_status, "")
    lines.append("  " + "; ".join(part for part in (reason, advice) if part))
    if outcome.hint:
        lines.append(f"  hint: {outcome.hint}")
    last = outcome.last_failure
    if last is not None and last.request_id is not None:
        lines.append(f"  request id: {last.request_id}")
    if outcome.class_span is not None:
        lines.append(f"  class {outcome.class_name}: {outcome.class_span}")
    if outcome.retry_not_before is not None:
        lines.append(
            f"  the server asks not to be called before {outcome.retry_not_before:%Y-%m-%d %H:%M:%S %Z}"
        )
    return lines


def describe_failure(outcome: Outcome) -> str:
    """Return one line with the place in the YAML, the class, the cause, and the server's own words."""
    where = f"registrations.{outcome.registration}"
    if outcome.verb not in (None, VerbName.REGISTER):
        where += f".{outcome.verb}"
    if outcome.step not in (None, outcome.verb):
        where += f".{outcome.step}"
    words = f': "{outcome.server_message}"' if outcome.server_message else ""
    return f"{outcome.span} {where}: {outcome.class_name} ({outcome.message}){words}"
