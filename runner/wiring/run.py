"""``enlist run`` and ``enlist deregister``: real time, real servers, the log.

The file is read and bound before the event loop and aiohttp are imported, so that a mistake in it costs
milliseconds.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.notes import PlatformNotes
from runner.adapters.terminal import takes_colour, takes_rows
from runner.app.deliver import deliver, platform_of, tell_platform, tell_termination, warn_unwritten
from runner.app.reading import bind_or_tell, load_or_tell
from runner.model.bound import BoundPlan
from runner.model.outcome import ExitStatus, VerbName


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says about a run."""

    log_as_json: bool
    log_level: str
    plain: bool = False
    """No colour and no live view, whatever standard error is."""
    reports: Mapping[str, str]


class _Remembering(StreamConsole):
    """Keeps what it says on standard error: where nothing can be sent, that is the container's last word."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def err(self, text: str) -> None:
        """See ``ports.Console``."""
        self.said.append(text)
        super().err(text)


def run_plan(path: str, options: Options, *, undo: bool) -> int:
    """Perform a file; returns the exit status."""
    console, files = _Remembering(), LocalFiles()
    verbs = (VerbName.DEREGISTER,) if undo else (VerbName.REGISTER, VerbName.VERIFY)
    plan = load_or_tell(path, files, console)
    bound = None if plan is None else bind_or_tell(plan, os.environ, files, console, verbs)
    if bound is None:
        message = "\n".join([*console.said, f"exit status {int(ExitStatus.CONFIG)}"])
        tell_termination(message, platform_of(os.environ), PlatformNotes(), console)
        return ExitStatus.CONFIG
    return _perform(bound, options, files, console, undo=undo)


def _perform(
    bound: BoundPlan, options: Options, files: LocalFiles, console: StreamConsole, *, undo: bool
) -> int:
    from runner.wiring import loop  # noqa: PLC0415 - see the module's docstring

    colour = not options.plain and takes_colour(sys.stderr, os.environ)
    live = colour and not options.log_as_json and takes_rows(sys.stderr, os.environ)
    log = loop.LogOptions(as_json=options.log_as_json, level=options.log_level, colour=colour, live=live)
    destinations = {**bound.plan.reports, **options.reports}
    streams = [loop.event_file(path) for form, path in destinations.items() if form == "jsonl"]
    report = loop.run_in_real_time(bound, log, undo=undo, also=streams)
    status = deliver(report, destinations, files, console, summary=not options.log_as_json, colour=colour)
    for stream in streams:
        stream.close()
        warn_unwritten(console, f"the report {stream.path}", stream.error)
    tell_platform(report, platform_of(os.environ), PlatformNotes(), console)
    return status
