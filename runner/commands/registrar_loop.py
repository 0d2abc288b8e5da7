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
    AwaitsStatus,
    Begin,
    Held,
    Leave,
    Message,
    Over,
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
    awaits_status = reports.tell_the_end and not options.become
    observer = _Init(link, reports, registrations=len(bound.plan.registrations), awaits_status=awaits_status)
    log = log_reporter(LogOptions(as_json=options.log_as_json, level=options.log_level, colour=colour))
    shutdown = Shutdown()
    reporter = Together(log, *reports.streams)
    surroundings = surroundings_of(bound.plan, reporter, with_app=True, undoable=True, goes_on=awaits_status)
    session = Session(bound, surroundings, shutdown, observer)
    try:
        report = asyncio.run(_obey(link, begin, session, shutdown, listener))
    except asyncio.CancelledError:
        return ExitStatus.BUG  # init is gone, and so is the reason to go on
    observer.conclude(report, begun_here=begin.mode != "undo")
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

    def __init__(self, link: InitLink, reports: Reports, *, registrations: int, awaits_status: bool) -> None:
        self._link = link
        self._reports = reports
        self._registrations = registrations
        self._awaits_status = awaits_status
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
        self._deliver(report)
        self._reports.tell_cause(report, decided=ends_app)
        self._link.send(Verdict(int(report.exit_status), render_cause(report), ends_app))
        pass_over_what_is_there()

    def undone(self, report: Report) -> bool:
        """See ``session.surroundings.Observer``; the reports are written now already, lest we are killed."""
        self._link.send(Held("", []))  # what could be undone is undone, and there is nothing more to try
        if self._awaits_status:
            self._link.send(AwaitsStatus())
            self._deliver(report)
        return self._awaits_status

    def conclude(self, report: Report, *, begun_here: bool) -> None:
        """Write the last of the reports.

        Args:
            report: how everything stands at the end.
            begun_here: whether this process registered; if not, what it undoes may be less than what there was.
        """
        if not begun_here and len(report.outcomes) < self._registrations:
            return
        if begun_here and self._delivered is None:  # else an application may have left its own word there
            self._reports.tell_cause(report)
        self._deliver(report)
        self._reports.add_step_summary(report)

    def _deliver(self, report: Report) -> None:
        """Write the reports, unless nothing has happened since they were last written."""
        before = self._delivered
        if before is not None and _told(before) == _told(report):
            return
        self._delivered = report
        same = before is not None and _without_beats(before) == _without_beats(report)
        self._reports.deliver(report, closing=False, summary=not same)


def _told(report: Report) -> tuple[int, tuple[Outcome, ...]]:
    return report.exit_status, report.outcomes


def _without_beats(report: Report) -> list[Outcome]:
    return [replace(outcome, beats=None) for outcome in report.outcomes]
