"""The end of a run: the summary, the report files, and a message to the platform that watches the container.

Whatever becomes of a file, the exit status is that of the run: a full disk under a report must not restart a
service that is registered.
"""

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct

from runner.model.outcome import Report
from runner.ports import Console, Files, Notes
from runner.report.html_report import render_html
from runner.report.json_report import render_json
from runner.report.junit import render_junit
from runner.report.prometheus import render_prometheus
from runner.report.step_summary import render_step_summary
from runner.report.summary import render_summary
from runner.report.termination import cut, render_termination

_AT_THE_END: Mapping[str, Callable[[Report], str]] = {
    "json": render_json,
    "junit": render_junit,
    "prometheus": render_prometheus,
    "html": render_html,
}
TERMINATION_LOG = "/dev/termination-log"
"""Where Kubernetes looks for a container's last words, unless it is told otherwise."""


class Platform(Struct, frozen=True, kw_only=True):
    """Who else wants to hear how a run ended."""

    termination_log: str = TERMINATION_LOG
    step_summary: str | None = None
    """Where GitHub collects what the steps of a workflow have to say."""


def platform_of(environment: Mapping[str, str]) -> Platform:
    """Return what the environment says of the platform."""
    return Platform(
        termination_log=environment.get("ENLIST_TERMINATION_LOG") or TERMINATION_LOG,
        step_summary=environment.get("GITHUB_STEP_SUMMARY") or None,
    )


def deliver(
    report: Report,
    destinations: Mapping[str, str],
    files: Files,
    console: Console,
    *,
    summary: bool,
    colour: bool = False,
    closing: bool = True,
) -> int:
    """Print the summary and write the report files.

    Args:
        report: how the run ended.
        destinations: report form to file name; a form that is written while the run is on is passed over.
        files: writes them.
        console: where the summary goes.
        summary: whether to print it.
        colour: whether the summary is coloured.
        closing: whether this is the end of the process, and the exit status its own.

    Returns:
        The run's exit status; a report that cannot be written is a warning and never changes it.
    """
    if summary and (text := render_summary(report, colour=colour, closing=closing)):
        console.err(text)
    for form, path in destinations.items():
        if form in _AT_THE_END:
            # The collector that reads metrics is another user, and they hold no secrets.
            write = partial(files.write, shared=form == "prometheus")
            error = _error_of(write, path, _AT_THE_END[form](report))
            warn_unwritten(console, f"the report {path}", error)
    return report.exit_status


def tell_cause(
    report: Report, platform: Platform, notes: Notes, console: Console, *, decided: bool = True
) -> None:
    """Leave the cause of a failure where Kubernetes shows it; ``decided`` is whether the exit status is final."""
    if message := render_termination(report, decided=decided):
        tell_termination(message, platform, notes, console)


def add_step_summary(report: Report, platform: Platform, notes: Notes, console: Console) -> None:
    """Add a table where GitHub shows it."""
    if platform.step_summary is not None:
        error = _error_of(notes.append, platform.step_summary, render_step_summary(report))
        warn_unwritten(console, f"the step summary {platform.step_summary}", error)


def tell_termination(message: str, platform: Platform, notes: Notes, console: Console) -> None:
    """Leave a message where Kubernetes looks for it; where nobody made the file, nobody wants it."""
    error = _error_of(notes.overwrite, platform.termination_log, cut(message))
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        warn_unwritten(console, f"the termination message {platform.termination_log}", error)


def warn_unwritten(console: Console, what: str, error: OSError | None) -> None:
    """Say on standard error that something was not written, if so."""
    if error is not None:
        console.err(f"warning: {what} was not written: {(error.strerror or 'unknown cause').lower()}")


def _error_of(write: Callable[[str, str], None], path: str, text: str) -> OSError | None:
    try:
        write(path, text)
    except OSError as error:
        return error
    return None
