"""The real event loop with the real transport, and the signals that interrupt it."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from msgspec import Struct

from runner.adapters.clock import SystemClock
from runner.adapters.console import StoryConsole
from runner.adapters.log import LogReporter
from runner.adapters.terminal import is_terminal
from runner.commands.outside import Outside
from runner.commands.prepare import lasts
from runner.commands.real import real_ports, real_transport
from runner.commands.real_session import run_session, surroundings_of
from runner.engine.context import now_s
from runner.engine.scheduler import Scheduler
from runner.language.terms import Cause
from runner.model.bound import BoundPlan
from runner.model.outcome import Report
from runner.ports import Reporter
from runner.report.fold import FoldingReporter
from runner.report.log_line import json_line, text_line, trace_id_of
from runner.report.progress import ProgressReporter, begin
from runner.report.rows import Line, lines_of
from runner.report.together import Together
from runner.session.execute import execute
from runner.session.session import Session
from runner.session.surroundings import Shutdown


class LogOptions(Struct, frozen=True, kw_only=True):
    """How the log is written."""

    as_json: bool
    level: str
    colour: bool
    live: bool = False
    """Whether rows at the foot of the terminal show the state of each registration."""


def log_reporter(options: LogOptions, write: Callable[[str], None] | None = None) -> Reporter:
    """Return the reporter of a run, which folds what repeats: a server that refuses for a minute is one fact."""
    if options.as_json:
        clock, trace_id = SystemClock(), trace_id_of(os.environ.get("TRACEPARENT"))
        return FoldingReporter(
            LogReporter(
                lambda event: json_line(event, clock.now(), trace_id),
                bare=True,
                level=options.level,
                colour=False,
            )
        )
    return FoldingReporter(
        LogReporter(
            text_line,
            bare=False,
            level=options.level,
            colour=options.colour,
            dated=write is None and not is_terminal(sys.stderr),
            write=write,
        )
    )


def run_in_real_time(
    bound: BoundPlan,
    options: LogOptions,
    *,
    undo: bool = False,
    also: Sequence[Reporter] = (),
    listener: socket.socket | None = None,
) -> Report:
    """Perform a bound plan against real servers.

    Args:
        bound: the plan.
        options: of the log.
        undo: deregister instead of registering.
        also: who listens besides the log.
        listener: where the status is served.
    """

    def course(reporter: Reporter) -> Coroutine[Any, Any, Report]:
        if undo:
            return perform(bound, reporter, undo=True)
        return _run(bound, reporter, listener, as_json=options.as_json)

    if options.live:
        return asyncio.run(_perform_in_view(bound, options, course, undo=undo, also=also))
    return asyncio.run(course(Together(log_reporter(options), *also)))


async def _run(
    bound: BoundPlan, reporter: Reporter, listener: socket.socket | None, *, as_json: bool
) -> Report:
    """Register, and go on until told to end where there is something to keep."""
    shutdown = Shutdown()

    def end(number: int) -> None:
        shutdown.request(Cause.SIGNAL, now_s() + bound.plan.lifecycle.stop.deregister_s, 128 + number)

    _on_ends(end)
    surroundings = surroundings_of(bound.plan, reporter, with_app=False, undoable=lasts(bound.plan))
    console = StoryConsole(as_json=as_json)
    with contextlib.closing(Outside(bound.plan.file, console, lasts=lasts(bound.plan))) as outside:
        return await run_session(Session(bound, surroundings, shutdown, outside), listener)


async def _perform_in_view(
    bound: BoundPlan,
    options: LogOptions,
    course: Callable[[Reporter], Coroutine[Any, Any, Report]],
    *,
    undo: bool,
    also: Sequence[Reporter],
) -> Report:
    from runner.adapters.live import LiveView  # noqa: PLC0415 - rich is optional, and costs a plain run nothing

    def paint(width: int, height: int) -> list[Line]:
        return lines_of(*progress.now(), width, height)

    with LiveView(paint) as view:
        progress = ProgressReporter(
            begin(bound.registrations, undo=undo),
            log_reporter(options, view.write),
            asyncio.get_running_loop().time,
            log_all=options.level == "debug",
        )
        return await course(Together(progress, *also))


async def perform(bound: BoundPlan, reporter: Reporter, *, undo: bool = False) -> Report:
    """Perform a bound plan on the running loop; SIGINT, SIGTERM and SIGHUP end it early, with its outcomes."""
    async with real_transport(bound) as transport:
        ports = real_ports(transport, reporter)
        return await execute(bound, ports, undo=undo, watch=_end_on_signals)


def _end_on_signals(scheduler: Scheduler) -> None:
    _on_ends(lambda number: scheduler.interrupt(128 + number))


def _on_ends(handle: Callable[[int], None]) -> None:
    """Take the signals that end a run, and let in those that the start-up line has kept waiting until now."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, handle, number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
