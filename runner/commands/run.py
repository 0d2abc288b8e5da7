"""``enlist run`` without a command, and ``enlist deregister``: one process, real time, real servers, the log.

The file is read and bound before the event loop and aiohttp are imported, so that a mistake in it costs
milliseconds.
"""

import os
import socket
import sys

from runner.adapters.files import LocalFiles
from runner.adapters.notes import PlatformNotes
from runner.adapters.terminal import takes_colour, takes_rows
from runner.commands.deliver import platform_of, tell_termination
from runner.commands.options import Options, RememberingConsole
from runner.commands.prepare import bind_to_register, bind_to_send
from runner.commands.reading import load_or_tell
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.outcome import ExitStatus


def run_plan(path: str, options: Options) -> int:
    """Register what a file says, and go on where there is something to keep; returns the exit status."""
    console = RememberingConsole(as_json=options.log_as_json)
    plan = load_or_tell(path, LocalFiles(), console)
    found = None if plan is None else bind_to_register(plan, console, with_app=False)
    return refuse(console) if found is None else _perform(*found, options, console)


def undo_plan(path: str, options: Options) -> int:
    """Undo what an earlier run registered; returns the exit status."""
    console = RememberingConsole(as_json=options.log_as_json)
    plan = load_or_tell(path, LocalFiles(), console)
    verbs = (VerbName.DEREGISTER,)
    bound = None if plan is None else bind_to_send(plan, console, verbs)
    return refuse(console) if bound is None else _perform(bound, None, options, console, undo=True)


def refuse(console: RememberingConsole) -> int:
    """End a run whose file or environment is invalid, with what was said as the container's termination message."""
    message = "\n".join([*console.said, f"exit status {int(ExitStatus.CONFIG)}"])
    tell_termination(message, platform_of(os.environ), PlatformNotes(), console)
    return ExitStatus.CONFIG


def _perform(
    bound: BoundPlan,
    listener: socket.socket | None,
    options: Options,
    console: RememberingConsole,
    *,
    undo: bool = False,
) -> int:
    from runner.commands import loop, reports  # noqa: PLC0415 - see the module's docstring

    colour = not options.plain and takes_colour(sys.stderr, os.environ)
    live = colour and not options.log_as_json and takes_rows(sys.stderr, os.environ)
    log = loop.LogOptions(as_json=options.log_as_json, level=options.log_level, colour=colour, live=live)
    destinations = {**bound.plan.reports.files, **options.reports}
    written = reports.Reports(destinations, options, console, colour=colour)
    report = loop.run_in_real_time(bound, log, undo=undo, also=written.streams, listener=listener)
    status = written.deliver(report, closing=True)
    written.tell_cause(report)
    written.add_step_summary(report)
    written.close()
    return status
