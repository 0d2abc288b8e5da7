"""The reports of a run: its streams while it is on, and at its end what files, people and the platform are told."""

import os
from collections.abc import Mapping

from runner.adapters.clock import SystemClock
from runner.adapters.event_file import EventFile
from runner.adapters.files import LocalFiles
from runner.adapters.notes import PlatformNotes
from runner.commands.deliver import deliver, platform_of, tell_platform, warn_unwritten
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
        self._summary = not options.log_as_json
        self._console = console
        self._colour = colour

    def deliver(self, report: Report, *, closing: bool, summary: bool = True) -> int:
        """Tell everybody how the run goes; returns its exit status.

        Args:
            report: as of now.
            closing: whether this is the end of the process.
            summary: whether there is news for people.
        """
        status = deliver(
            report,
            self._destinations,
            LocalFiles(),
            self._console,
            summary=self._summary and summary,
            colour=self._colour,
            closing=closing,
        )
        tell_platform(report, platform_of(os.environ), PlatformNotes(), self._console)
        return status

    def close(self) -> None:
        """End the streams."""
        for stream in self.streams:
            stream.close()
            warn_unwritten(self._console, f"the report {stream.path}", stream.error)


def _stream(path: str, *, goes_on: bool) -> EventFile:
    clock, trace_id = SystemClock(), trace_id_of(os.environ.get("TRACEPARENT"))
    return EventFile(path, lambda event: json_line(event, clock.now(), trace_id), goes_on=goes_on)
