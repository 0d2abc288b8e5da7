"""The registrar once its file is known to be right: the event loop, requests from init, answers to it."""

import asyncio
import gc
import socket

from msgspec.structs import replace

from runner.adapters.console import StoryConsole
from runner.adapters.link import InitLink
from runner.adapters.output import KNOWN
from runner.commands.observers import Init
from runner.commands.prepare import Options
from runner.commands.real import run_and_answer, surroundings_of
from runner.commands.reports import ReportFiles
from runner.engine.context import now_s
from runner.engine.sending import left_open
from runner.language.terms import Cause
from runner.model.bound import NO_CAPTURES, BoundPlan
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Report
from runner.pid1.protocol import AppStarted, Begin, Leave, Message, Over, Ping, Pong
from runner.report.together import Together
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.values.handover import unpack, unpack_captures


def serve(
    link: InitLink, begin: Begin, bound: BoundPlan, listener: socket.socket | None, options: Options
) -> int:
    """Do what init asks for, until nothing is left to do; returns 0."""
    gc.enable()
    console = StoryConsole(as_json=options.log_as_json)
    reports = ReportFiles(bound.plan, options, console, goes_on=begin.plan is not None)
    awaits_status = reports.tell_the_end and not options.execs
    begun_here = begin.mode != "undo"
    least = 0 if begun_here else len(bound.registrations)
    init = Init(link, reports, least=least, awaits_status=awaits_status)
    shutdown, app_started = Shutdown(), asyncio.Event()
    reporter = Together(reports.log(), *reports.streams)
    surroundings = surroundings_of(
        bound.plan,
        reporter,
        undoable=True,
        app_started=app_started,
        goes_on=awaits_status,
        redactor=KNOWN.redactor,
    )
    session = Session(bound, surroundings, shutdown, init)

    async def course() -> Report:
        _obey(link, shutdown, app_started)
        held = _taken_over(begin, bound)
        session.telling.under_way.update(begin.sending or ())
        if begin.mode != "undo" or begin.cause is None:
            return await run_and_answer(session, listener, held)
        within_s = now_s() + bound.plan.lifecycle.stop.deregister_s
        shutdown.request(Cause(begin.cause), min(within_s, begin.until_s or within_s))
        return await session.deregister(held)

    try:
        report = asyncio.run(course())
    except asyncio.CancelledError:
        return ExitStatus.BUG  # init is gone, and so is the reason to go on
    init.conclude(report, begun_here=begun_here)
    reports.close()
    return ExitStatus.OK


def _taken_over(begin: Begin, bound: BoundPlan) -> dict[str, Ended]:
    """Return what an earlier registrar has handed over, and what it was sending when it ended."""
    held = dict(unpack(begin.held)) if begin.held else {}
    for name, captured in (begin.sending or {}).items():
        if name in bound.registrations:
            before = held.get(name) or left_open(bound.registrations[name])
            more = unpack_captures(captured) if captured else NO_CAPTURES
            held[name] = replace(before, captures={**before.captures, **more})
    return held


def _obey(link: InitLink, shutdown: Shutdown, app_started: asyncio.Event) -> None:
    """Let init control the session that the current task runs."""
    course = asyncio.current_task()

    def heard(message: Message | None) -> None:
        match message:
            case AppStarted():
                app_started.set()
            case Leave() if shutdown.requested.is_set():
                shutdown.hurry.set()
            case Leave(cause, until_s):
                shutdown.request(Cause(cause), until_s)
            case Over(status):
                shutdown.end(status)
            case Ping():
                link.send(Pong())
            case None if course is not None:
                course.cancel()

    link.listen(heard)
