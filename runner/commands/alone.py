"""``enlist run`` without a command, and ``enlist deregister``, once the file is known to be right: the event loop."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from runner.adapters.output import KNOWN
from runner.adapters.terminal import takes_rows
from runner.commands.observers import Outside
from runner.commands.prepare import Options, lasts
from runner.commands.real import run_and_answer, shut_down_on_signals, surroundings_of
from runner.commands.reports import ReportFiles
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
    reports = ReportFiles(bound.plan, options, console)
    report = asyncio.run(_run(bound, listener, reports, undo=undo))
    reports.print_summary(report, closing=True)
    reports.write_files(report)
    reports.platform.tell_cause(report)
    reports.platform.add_step_summary(report)
    reports.close()
    return report.exit_status


async def _run(
    bound: BoundPlan, listener: socket.socket | None, reports: ReportFiles, *, undo: bool
) -> Report:
    """Deregister; or register, and go on until told to end where there is something to keep."""
    shutdown, plan = Shutdown(), bound.plan
    with _log(bound, reports, undo=undo) as log:
        reporter = Together(log, *reports.streams)
        surroundings = surroundings_of(plan, reporter, undoable=lasts(bound), redactor=KNOWN.redactor)
        if undo:
            shut_down_on_signals(shutdown)
            return await Session(bound, surroundings, shutdown).deregister()
        shut_down_on_signals(shutdown, plan.lifecycle.stop.deregister_s)
        with closing(Outside(plan.file, reports.console, lasts=lasts(bound))) as outside:
            session = Session(bound, surroundings, shutdown, outside)
            if isinstance(log, ProgressReporter):
                log.outcomes = lambda: session.known.outcomes
            return await run_and_answer(session, listener)


@contextmanager
def _log(bound: BoundPlan, reports: ReportFiles, *, undo: bool) -> Iterator[Reporter]:
    """Give the log; above rows that show the state of each registration, where a terminal has the room."""
    if not (reports.colour and not reports.options.log_as_json and takes_rows(sys.stderr, os.environ)):
        yield reports.log()
        return
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
        yield progress
