"""The registrar once its file is known to be right: the event loop, requests from init, answers to it."""

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from runner.adapters.console import StoryConsole
from runner.adapters.link import InitLink
from runner.adapters.terminal import takes_colour
from runner.commands.collector import pass_over_what_is_there
from runner.commands.loop import LogOptions, log_reporter
from runner.commands.options import Options
from runner.commands.real_session import run_session, surroundings_of
from runner.commands.reports import Reports
from runner.engine.context import now_s
from runner.engine.sending import left_open
from runner.language.terms import Cause
from runner.model.bound import BoundPlan
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Outcome, Report
from runner.pid1.protocol import (
    AppStarted,
    Begin,
    Held,
    Leave,
    Message,
    Ping,
    Pong,
    Sending,
    Settled,
    States,
    Verdict,
    can_be_held,
    fitting,
)
from runner.report.summary import render_cause
from runner.report.together import Together
from runner.session.session import Session
from runner.session.surroundings import Shutdown
from runner.values.handover import pack, unpack


def serve(
    link: InitLink, begin: Begin, bound: BoundPlan, listener: socket.socket | None, options: Options
) -> int:
    """Do what init asks for, until nothing is left to do; returns 0."""
    gc.enable()
    destinations = {**bound.plan.reports.files, **options.reports}
    console = StoryConsole(as_json=options.log_as_json)
    colour = not options.plain and takes_colour(sys.stderr, os.environ)
    reports = Reports(destinations, options, console, colour=colour, goes_on=begin.plan is not None)
    observer = _Init(link, reports)
    log = log_reporter(LogOptions(as_json=options.log_as_json, level=options.log_level, colour=colour))
    shutdown = Shutdown()
    surroundings = surroundings_of(bound.plan, Together(log, *reports.streams), with_app=True, undoable=True)
    session = Session(bound, surroundings, shutdown, observer)
    try:
        report = asyncio.run(_obey(link, begin, session, shutdown, listener))
        if session.was_shut_down:
            link.send(Held("", []))  # what could be undone is undone, and there is nothing more to try
    except asyncio.CancelledError:
        return ExitStatus.BUG  # init is gone, and so is the reason to go on
    if begin.mode != "undo":  # what it undoes is less than what the reports of its predecessor tell
        observer.deliver(report)
    reports.close()
    return ExitStatus.OK


async def _obey(
    link: InitLink, begin: Begin, session: Session, shutdown: Shutdown, listener: socket.socket | None
) -> Report:
    course = asyncio.current_task()

    def heard(message: Message | None) -> None:
        match message:
            case AppStarted():
                shutdown.started.set()
            case Leave(cause, until_s, status):
                shutdown.request(Cause(cause), until_s, app_status=status)
            case Ping():
                link.send(Pong())
            case None if course is not None:
                course.cancel()

    link.listen(heard)
    registrations = session.handover.registrations
    sent = [name for name in begin.sending or () if name in registrations]
    held = {name: left_open(registrations[name]) for name in sent}
    held.update({} if begin.held is None else unpack(begin.held))
    session.handover.told.update(sent)
    if begin.mode == "undo" and begin.cause is not None:
        within_s = now_s() + session.deregister_s
        shutdown.request(Cause(begin.cause), min(within_s, begin.until_s or within_s))
        return await session.undo(held)
    return await run_session(session, listener, held)


class _Init:
    """Init as the observer of a run, and the reports beside it."""

    def __init__(self, link: InitLink, reports: Reports) -> None:
        self._link = link
        self._reports = reports
        self._delivered: Report | None = None

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """See ``session.surroundings.Observer``."""
        self._link.send(fitting(States(ready, dict(states))))

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """See ``session.surroundings.Observer``."""
        self.changed(states, ready=ready)

    def holds(self, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:
        """See ``session.surroundings.Observer``; what is too much for init is kept by this process, which then goes on."""
        packed = pack(held)
        if not can_be_held(packed):
            return not undo_on
        self._link.send(Held(packed, [cause.value for cause in undo_on]))
        return True

    def sends(self, name: str, undo_on: Collection[Cause]) -> None:
        """See ``session.surroundings.Observer``."""
        self._link.send(Sending(name, [cause.value for cause in undo_on]))

    def settled(self, name: str) -> None:
        """See ``session.surroundings.Observer``."""
        self._link.send(Settled(name))

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """See ``session.surroundings.Observer``."""
        self.deliver(report)
        self._link.send(Verdict(int(report.exit_status), render_cause(report), ends_app))
        pass_over_what_is_there()

    def deliver(self, report: Report) -> None:
        """Write the reports, unless nothing has happened since they were last written."""
        before = self._delivered
        if before is not None and before.outcomes == report.outcomes:
            return
        self._delivered = report
        same = before is not None and _without_beats(before) == _without_beats(report)
        self._reports.deliver(report, closing=False, summary=not same)


def _without_beats(report: Report) -> list[Outcome]:
    return [replace(outcome, beats=None) for outcome in report.outcomes]
