"""``enlist run`` without a command, and ``enlist deregister``, once the file is known to be right: the event loop."""

import asyncio
import os
import socket
import sys
from contextlib import closing

from runner.adapters.terminal import takes_rows
from runner.commands.observers import Outside
from runner.commands.prepare import Options, lasts
from runner.commands.real import run_and_answer, shut_down_on_signals, surroundings_of
from runner.commands.reports import Reports
from runner.model.bound import BoundPlan
from runner.model.outcome import Report
from runner.ports import Console, Reporter
from runner.report.progress import ProgressReporter, begin
from runner.report.rows import Line, lines_of
from runner.report.together import Together
from runner.session.session import Session
from runner.session.shutdown import Shutdown


def perform(
    bound: BoundPlan,
    listener: socket.socket | None,
    options: Options,
    console: Console,
    *,
    undo: bool = False,
) -> int:
    """Run a session in this process, and deliver its reports; returns the exit status.

    Args:
        bound: the plan.
        listener: where the status is served.
        options: of the run.
        console: where the summary goes.
        undo: deregister instead of registering.
    """
    reports = Reports(bound.plan, options, console)
    live = reports.colour and not options.log_as_json and takes_rows(sys.stderr, os.environ)
    session = _in_view if live else _with_log
    report = asyncio.run(session(bound, listener, reports, undo=undo))
    status = reports.deliver(report, closing=True)
    reports.tell_cause(report)
    reports.add_step_summary(report)
    reports.close()
    return status


async def _with_log(
    bound: BoundPlan, listener: socket.socket | None, reports: Reports, *, undo: bool
) -> Report:
    return await _run(bound, listener, reports, reports.log(), undo=undo)


async def _in_view(
    bound: BoundPlan, listener: socket.socket | None, reports: Reports, *, undo: bool
) -> Report:
    from runner.adapters.live import LiveView  # noqa: PLC0415 - rich is optional, and costs a plain run nothing

    def paint(width: int, height: int) -> list[Line]:
        return lines_of(*progress.now(), width, height)

    with LiveView(paint) as view:
        progress = ProgressReporter(
            begin(bound.registrations, undo=undo),
            reports.log(view.write),
            asyncio.get_running_loop().time,
            log_all=reports.options.log_level == "debug",
        )
        return await _run(bound, listener, reports, progress, undo=undo)


async def _run(
    bound: BoundPlan, listener: socket.socket | None, reports: Reports, log: Reporter, *, undo: bool
) -> Report:
    """Deregister; or register, and go on until told to end where there is something to keep."""
    shutdown = Shutdown()
    surroundings = surroundings_of(bound.plan, Together(log, *reports.streams), undoable=lasts(bound))
    if undo:
        shut_down_on_signals(shutdown)
        return await Session(bound, surroundings, shutdown).deregister()
    shut_down_on_signals(shutdown, bound.plan.lifecycle.stop.deregister_s)
    with closing(Outside(bound.plan.file, reports.console, lasts=lasts(bound))) as outside:
        return await run_and_answer(Session(bound, surroundings, shutdown, outside), listener)
