"""What the platform that watches the container is told: Kubernetes of the cause of a failure, GitHub of the whole run.

Whatever becomes of a file, the exit status is that of the run: a full disk under a report must not restart a
service that is registered.
"""

from collections.abc import Callable, Mapping

from runner.adapters import notes
from runner.model.outcome import Report
from runner.ports import Console
from runner.report.step_summary import render_step_summary
from runner.report.termination import cut, render_termination


class Platform:
    """Who else wants to hear how a run ended."""

    def __init__(self, environment: Mapping[str, str], console: Console) -> None:
        """Find out where something is told.

        Args:
            environment: says it.
            console: warned of what cannot be written.
        """
        self.termination_log = environment.get("ENLIST_TERMINATION_LOG") or "/dev/termination-log"
        """Where Kubernetes looks for a container's last words."""
        self.step_summary = environment.get("GITHUB_STEP_SUMMARY") or None
        """Where GitHub collects what the steps of a workflow have to say."""
        self._console = console

    def tell_cause(self, report: Report, *, decided: bool = True) -> None:
        """Leave the cause of a failure where Kubernetes shows it; ``decided`` is whether the exit status is final."""
        if message := render_termination(report, decided=decided):
            self.tell(message)

    def tell(self, message: str) -> None:
        """Leave a message where Kubernetes looks for it; where nobody made the file, nobody wants it."""
        error = error_of(notes.overwrite, self.termination_log, cut(message))
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            warn_unwritten(self._console, f"the termination message {self.termination_log}", error)

    def add_step_summary(self, report: Report) -> None:
        """Add a table where GitHub shows it."""
        if self.step_summary is not None:
            error = error_of(notes.append, self.step_summary, render_step_summary(report))
            warn_unwritten(self._console, f"the step summary {self.step_summary}", error)


def warn_unwritten(console: Console, what: str, error: OSError | None) -> None:
    """Say on standard error that something was not written, if so."""
    if error is not None:
        console.err(f"warning: {what} was not written: {(error.strerror or 'unknown cause').lower()}")


def error_of(write: Callable[[str, str], None], path: str, text: str) -> OSError | None:
    """Write a text; return why it was not, if so."""
    try:
        write(path, text)
    except OSError as error:
        return error
    return None
