"""The end of a run as a Markdown table, for the page of a GitHub workflow run."""

from runner.language.units import format_duration
from runner.model.outcome import Outcome, Report
from runner.report.escape import markdown
from runner.report.story import why_of
from runner.report.summary import describe_failure

MAX_ROWS = 200
"""GitHub drops a step's whole summary when it is larger than 1 MiB; a row is at most a few KiB."""


def render_step_summary(report: Report) -> str:
    """Return a heading and a row for each registration, the failed ones first."""
    ordered = sorted(report.outcomes, key=lambda outcome: outcome.state.succeeded)
    took = format_duration(report.elapsed_s)
    lines = [
        f"### enlist: {markdown(report.file)}",
        "",
        f"exit status {int(report.exit_status)} after {markdown(took)}",
        "",
        "| registration | outcome | requests | took | cause |",
        "| --- | --- | ---: | ---: | --- |",
        *map(_row, ordered[:MAX_ROWS]),
    ]
    if len(ordered) > MAX_ROWS:
        lines += ["", f"and {len(ordered) - MAX_ROWS} more"]
    return "\n".join(lines) + "\n\n"


def _row(outcome: Outcome) -> str:
    optional = "" if outcome.required else ", optional"
    took = format_duration(outcome.ended_s - outcome.started_s)
    cells = [
        markdown(outcome.registration),
        f"{_mark(outcome)} {markdown(outcome.state + optional)}",
        str(outcome.requests),
        markdown(took),
        _cause(outcome),
    ]
    return f"| {' | '.join(cells)} |"


def _mark(outcome: Outcome) -> str:
    if outcome.state.succeeded:
        return "✅"
    return "❌" if outcome.state.is_failure and outcome.required else "⚠️"


def _cause(outcome: Outcome) -> str:
    """What a server said stands in ``<code>``, where GitHub makes links of nothing."""
    if outcome.state.succeeded:
        return ""
    words = describe_failure(outcome) if outcome.has_place else why_of(outcome) or ""
    hint = f"<br>hint: {markdown(outcome.hint)}" if outcome.hint else ""
    return f"<code>{markdown(words)}</code>{hint}"
