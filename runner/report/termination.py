"""Why a container ended, in the few bytes that Kubernetes keeps of it.

``kubectl describe pod`` shows this text and nothing of the log, so the cause stands first and the gravest one before
all others. A run that succeeded has nothing to say.
"""

from runner.model.outcome import ExitStatus, Outcome, Report
from runner.report.summary import describe_outcome
from runner.values.printable import printable

MAX_BYTES = 4096
"""What the kubelet keeps of a message."""

_GRAVEST_FIRST = (ExitStatus.BUG, ExitStatus.DENIED, ExitStatus.REJECTED)
_LAST = (ExitStatus.UNKNOWN, ExitStatus.TRANSIENT)


def render_termination(report: Report, *, decided: bool = True) -> str:
    """Return the message; empty when the run succeeded.

    Args:
        report: how it ended, or stands.
        decided: whether the exit status can no longer change.
    """
    if report.exit_status == ExitStatus.OK:
        return ""
    failed = [each for each in report.outcomes if not each.state.succeeded]
    failed.sort(key=lambda each: _gravity(each, report.exit_status))
    lines = [line for outcome in failed for line in _cause(outcome)]
    last = [f"exit status {int(report.exit_status)}"] if decided else []
    return cut("\n".join([*map(printable, lines), *last]))


def cut(text: str, max_bytes: int = MAX_BYTES) -> str:
    """Return as much of a text as fits, in whole characters."""
    raw = text.encode("utf-8", errors="backslashreplace")
    if len(raw) <= max_bytes:
        return text
    return raw[: max_bytes - 3].decode("utf-8", errors="ignore") + "..."


def _cause(outcome: Outcome) -> list[str]:
    """The cause, what it means for a restart, and the hint; the count of requests is the log's."""
    head, *details = describe_outcome(outcome)
    cause, *more = details or [head]
    return [cause.strip(), *more]


def _gravity(outcome: Outcome, decided: int) -> tuple[bool, bool, bool, int, int]:
    """Causes before what they kept from beginning, first what decided the exit status; then required, then rank."""
    status = outcome.exit_status
    known = (*_GRAVEST_FIRST, None, *_LAST)
    rank = known.index(ExitStatus(status)) if status in known else known.index(None)
    return outcome.class_name is None, status != decided, not outcome.required, rank, status
