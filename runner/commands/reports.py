"""The reports of a run: its log and its streams, and at its end what files, people and the platform are told."""

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial

from runner.adapters.clock import SystemClock
from runner.adapters.event_file import EventFile
from runner.adapters.files import LocalFiles
from runner.adapters.log import LogReporter, say_what_libraries_log
from runner.adapters.terminal import is_terminal, takes_colour
from runner.commands.platform import Platform, error_of, warn_unwritten
from runner.commands.prepare import Options
from runner.model.event import RunEvent
from runner.model.outcome import Report
from runner.model.plan import Plan
from runner.ports import Console, Reporter
from runner.report.fold import FoldingReporter
from runner.report.html_report import render_html
from runner.report.json_report import render_json
from runner.report.junit import render_junit
from runner.report.log_line import json_line, text_line, trace_id_of
from runner.report.prometheus import render_prometheus
from runner.report.summary import render_summary

_AT_THE_END: Mapping[str, Callable[[Report], str]] = {
    "json": render_json,
    "junit": render_junit,
    "prometheus": render_prometheus,
    "html": render_html,
}


class ReportFiles:
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
        say_what_libraries_log(console.err)
        self.colour = not options.plain and takes_colour(sys.stderr, os.environ)
        self.platform = Platform(os.environ, console)
        self._destinations = {**plan.reports.files, **options.reports}
        self.streams = [
            EventFile(path, _json_line(), goes_on=goes_on)
            for form, path in self._destinations.items()
            if form == "jsonl"
        ]

    @property
    def tell_the_end(self) -> bool:
        """Whether there is one that says how the whole ended, the application included."""
        return bool(self._destinations) or self.platform.step_summary is not None

    def log(self, write: Callable[[str], None] | None = None) -> Reporter:
        """Return the log, on standard error unless it is written elsewhere."""
        return log_reporter(self.options, write, colour=self.colour)

    def print_summary(self, report: Report, *, closing: bool) -> None:
        """Tell people.

        Args:
            report: as of now.
            closing: whether this is the end of the process, and the exit status its own.
        """
        text = render_summary(report, colour=self.colour, closing=closing)
        if text and not self.options.log_as_json:
            self.console.err(text)

    def write_files(self, report: Report) -> None:
        """Write the files; of thousands of registrations that takes a good part of a second."""
        for form, path in self._destinations.items():
            if form in _AT_THE_END:
                # The collector that reads metrics is another user, and they hold no secrets.
                write = partial(LocalFiles().write, shared=form == "prometheus")
                error = error_of(write, path, _AT_THE_END[form](report))
                warn_unwritten(self.console, f"the report {path}", error)

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
