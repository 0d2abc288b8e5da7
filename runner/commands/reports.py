"""The reports of a run: its streams while it is on, and at its end what files, people and the platform are told."""

import os
from collections.abc import Mapping

from runner.adapters.clock import SystemClock
from runner.adapters.event_file import EventFile
from runner.adapters.files import LocalFiles
from runner.adapters.notes import PlatformNotes
from runner.commands.deliver import add_step_summary, deliver, platform_of, tell_cause, warn_unwritten
from runner.commands.options import Options
from runner.model.outcome import Report
from runner.ports import Console
from runner.report.log_line import json_line, trace_id_of


class Reports:
    """Where a run's reports go."""

    def __init__(
        self,
        destinations: Mapping[str, str],
        options: Options,
        console: Console,
        *,
        colour: bool,
        goes_on: bool = False,
    ) -> None:
        """Begin the streams.

        Args:
            destinations: report form to file name.
            options: of the run.
            console: where the summary goes, and a warning of a file that cannot be written.
            colour: whether the summary is coloured.
            goes_on: whether another process of the same run has begun the streams.
        """
        self.streams = [
            _stream(path, goes_on=goes_on) for form, path in destinations.items() if form == "jsonl"
        ]
        self._destinations = destinations
        self._platform = platform_of(os.environ)
        self._summary = not options.log_as_json
        self._console = console
        self._colour = colour

    @property
    def tell_the_end(self) -> bool:
        """Whether there is one that says how the whole ended, the application included."""
        return bool(self._destinations) or self._platform.step_summary is not None

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
            self._console,
            summary=self._summary and summary,
            colour=self._colour,
            closing=closing,
        )

    def tell_cause(self, report: Report, *, decided: bool = True) -> None:
        """Leave word for the platform of why the run ends, or goes on without a registration.

        Args:
            report: how it stands.
            decided: whether the exit status can no longer change.
        """
        tell_cause(report, self._platform, PlatformNotes(), self._console, decided=decided)

    def add_step_summary(self, report: Report) -> None:
        """Leave a table of the whole run."""
        add_step_summary(report, self._platform, PlatformNotes(), self._console)

    def close(self) -> None:
        """End the streams."""
        for stream in self.streams:
            stream.close()
            warn_unwritten(self._console, f"the report {stream.path}", stream.error)


def _stream(path: str, *, goes_on: bool) -> EventFile:
    clock, trace_id = SystemClock(), trace_id_of(os.environ.get("TRACEPARENT"))
    return EventFile(path, lambda event: json_line(event, clock.now(), trace_id), goes_on=goes_on)
