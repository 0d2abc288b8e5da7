"""Who observes a session: ``enlist status`` and systemd, or init."""

import os
from collections.abc import Callable, Collection, Mapping

from msgspec.structs import replace

from runner.adapters.link import InitLink
from runner.commands.beside import Beside, PassedOver
from runner.commands.prepare import place_of
from runner.commands.reports import ReportFiles
from runner.language.terms import Cause
from runner.model.bound import Captures
from runner.model.ended import Ended
from runner.model.outcome import Outcome, Report
from runner.pid1.notify import Notifier
from runner.pid1.protocol import AwaitsStatus, Held, Sending, Settled, States, Verdict, can_be_held, fitting
from runner.pid1.state_file import StateFile, folder_of
from runner.ports import Console
from runner.report.summary import render_cause
from runner.session.observer import Observer
from runner.values.handover import pack, pack_captures


class Outside(Observer):
    """``enlist status``, which reads a file for as long as the process lives, and systemd."""

    def __init__(self, file: str, console: Console, *, lasts: bool) -> None:
        """Begin to tell; only of a run that lasts does anybody ask."""
        self._file = place_of(file)
        self._notifier = Notifier(os.environ)
        self._state = StateFile(folder_of(os.environ))
        if lasts and self._state.problem is not None:
            console.err(f"note: enlist status will not know of this run: {self._state.problem}")
        self._passed_over = PassedOver()
        self.changed({}, ready=False)

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """Write the state, and tell the service manager."""
        text = "registered" if ready else "registering"
        fields = {"file": self._file, "stage": "running", "ready": ready, "stopping": False, "text": text}
        self._state.write({**fields, "registrations": dict(states)})
        self._notifier.send(ready=ready, stopping=False, status=text)

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """Write the state."""
        self._passed_over.grow()
        self.changed(states, ready=ready)

    def verdict(self, report: Report, *, ends_app: bool) -> None:  # noqa: ARG002 - the summary comes at the end
        """From here on there is what lives as long as the run."""
        self._passed_over.end()

    def close(self) -> None:
        """Leave no state behind of a process that has ended."""
        self._state.remove()


class Init(Observer):
    """Init at the other end of a pipe, and the reports beside it."""

    def __init__(self, link: InitLink, reports: ReportFiles, *, least: int, awaits_status: bool) -> None:
        """Begin to tell; of fewer registrations than ``least`` the reports of an earlier process tell more."""
        self._link = link
        self._reports = reports
        self._least = least
        self._awaits_status = awaits_status
        self._delivered: Report | None = None
        self._beside = Beside()
        self._passed_over = PassedOver()

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """Tell init, which keeps the state file."""
        self._link.send(fitting(States(ready, dict(states))))

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """Tell init."""
        self._passed_over.grow()
        self.changed(states, ready=ready)

    def holds(self, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:
        """Hand over to init; what is too much for it is kept by this process, which then goes on."""
        packed = pack(held)
        if not can_be_held(packed):
            return not undo_on
        self._link.send(Held(packed, [cause.value for cause in undo_on]))
        return True

    def sends(self, name: str, undo_on: Collection[Cause], captures: Captures) -> None:
        """Tell init, which starts another process where this one is killed."""
        packed = pack_captures(captures) if captures else ""
        captured = packed if can_be_held(packed) else ""
        self._link.send(Sending(name, [cause.value for cause in undo_on], captured))

    def settled(self, name: str) -> None:
        """Tell init."""
        self._link.send(Settled(name))

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """Write the reports, and then leave it to init what becomes of the application."""

        def tell() -> None:
            self._reports.platform.tell_cause(report, decided=ends_app)
            self._link.send(Verdict(int(report.exit_status), render_cause(report), ends_app))

        self._deliver(report, tell)
        self._passed_over.end()

    def undone(self, report: Report) -> bool:
        """Tell init; the reports are written now already, lest we are killed."""
        self._link.send(Held("", []))  # what could be undone is undone, and there is nothing more to try
        if self._awaits_status:
            self._link.send(AwaitsStatus())
            self._deliver(report)
        return self._awaits_status

    def conclude(self, report: Report, *, begun_here: bool) -> None:
        """Write the last of the reports.

        Args:
            report: of everything.
            begun_here: whether this process registered.
        """
        told_cause = self._delivered is not None
        self._deliver(report)
        self._beside.close()
        if len(report.outcomes) < self._least:
            return
        if begun_here and not told_cause:  # else an application may have left its own word there
            self._reports.platform.tell_cause(report)
        self._reports.platform.add_step_summary(report)

    def _deliver(self, report: Report, then: Callable[[], None] = lambda: None) -> None:
        """Write the reports, unless nothing has happened since they were last written."""
        before = self._delivered
        unchanged = before is not None and _told(before) == _told(report)
        if unchanged or len(report.outcomes) < self._least:
            self._beside.do(then)
            return
        self._delivered = report
        if before is None or _without_beats(before) != _without_beats(report):
            self._reports.print_summary(report, closing=False)
        self._beside.do(lambda: self._reports.write_files(report), then)


def _told(report: Report) -> tuple[int, tuple[Outcome, ...]]:
    return report.exit_status, report.outcomes


def _without_beats(report: Report) -> list[Outcome]:
    return [replace(outcome, beats=None) for outcome in report.outcomes]
