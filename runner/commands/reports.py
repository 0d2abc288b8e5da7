"""The reports of a run: its log and its streams, and at its end what files, people and the platform are told."""

import os
import sys
from collections.abc import Callable

from runner.adapters.clock import SystemClock
from runner.adapters.event_file import EventFile
from runner.adapters.files import LocalFiles
from runner.adapters.log import LogReporter
from runner.adapters.notes import PlatformNotes
from runner.adapters.terminal import is_terminal, takes_colour
from runner.commands.deliver import add_step_summary, deliver, platform_of, tell_cause, warn_unwritten
from runner.commands.prepare import Options
from runner.model.event import RunEvent
from runner.model.outcome import Report
from runner.model.plan import Plan
from runner.ports import Console, Reporter
from runner.report.fold import FoldingReporter
from runner.report.log_line import json_line, text_line, trace_id_of


class Reports:
    """Where a run's reports go."""

    def __init__(self, plan: Plan, options: Options, console: Console, *, goes_on: bool = False) -> None:
        """Begin the streams.

        Args:
            plan: says what is reported where; the command line has the last word.
            options: of the run.
            console: where the summary goes, and a warning of a file that cannot be written.
            goes_on: whether another process of the same run has begun the streams.
        """
        self.options = options
        self.console = console
        self.colour = not options.plain and takes_colour(sys.stderr, os.environ)
        self._platform = platform_of(os.environ)
        self._destinations = {**plan.reports.files, **options.reports}
        self.streams = [
            EventFile(path, _json_line(), goes_on=goes_on)
            for form, path in self._destinations.items()
            if form == "jsonl"
        ]

    @property
    def tell_the_end(self) -> bool:
        """Whether there is one that says how the whole ended, the application included."""
        return bool(self._destinations) or self._platform.step_summary is not None

    def log(self, write: Callable[[str], None] | None = None) -> Reporter:
        """Return the log, on standard error unless it is written elsewhere."""
        return log_reporter(self.options, write, colour=self.colour)

    def deliver(self, report: Report, *, closing: bool, summary: bool = True) -> int:
        """Print the summary and write the files; returns the exit status.

        Args:
            report: as of now.
            closing: whether this is the end of the process.
            summary: whether there is news for people.
        """
        return deliver(
            report,
            self._destinations,
            LocalFiles(),
            self.console,
            summary=summary and not self.options.log_as_json,
            colour=self.colour,
            closing=closing,
        )

    def tell_cause(self, report: Report, *, decided: bool = True) -> None:
        """Tell the platform why the run ends, or goes on without a registration.

        Args:
            report: as of now.
            decided: whether the exit status can no longer change.
        """
        tell_cause(report, self._platform, PlatformNotes(), self.console, decided=decided)

    def add_step_summary(self, report: Report) -> None:
        """Leave a table of the whole run."""
        add_step_summary(report, self._platform, PlatformNotes(), self.console)

    def close(self) -> None:
        """End the streams."""
        for stream in self.streams:
            stream.close()
            warn_unwritten(self.console, f"the report {stream.path}", stream.error)


def log_reporter(
    options: Options, write: Callable[[str], None] | None = None, *, colour: bool = False
) -> Reporter:
    """Return the log of a run, which folds what repeats: a server that refuses for a minute is one fact."""
    level = options.log_level
    if options.log_as_json:
        return FoldingReporter(LogReporter(_json_line(), bare=True, level=level, colour=False))
    dated = write is None and not is_terminal(sys.stderr)
    return FoldingReporter(
        LogReporter(text_line, bare=False, level=level, colour=colour, dated=dated, write=write)
    )


def _json_line() -> Callable[[RunEvent], str]:
    clock, trace_id = SystemClock(), trace_id_of(os.environ.get("TRACEPARENT"))
    return lambda event: json_line(event, clock.now(), trace_id)
