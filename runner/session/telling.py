"""What the observer of a session is told, and how often: of a few registrations at once, of thousands now and then."""

from collections.abc import Callable, Mapping

from runner.engine.context import now_s
from runner.engine.known import Known
from runner.engine.sending import Sending
from runner.language.terms import Cause
from runner.model.bound import Captures
from runner.model.outcome import Report
from runner.report.story import standing_of
from runner.session.coalesced import Coalesced
from runner.session.observer import Observer
from runner.session.shutdown import Shutdown

_REFRESHED_EVERY_S = 5.0
_FEW = 50
_SECONDS_FOR_EACH = 0.0002


class Telling:
    """Tells the observer of a session."""

    def __init__(
        self, observer: Observer, known: Known, shutdown: Shutdown, report: Callable[[], Report]
    ) -> None:
        """Prepare to tell.

        Args:
            observer: who is told.
            known: what of.
            shutdown: after which nobody hears that all is well again.
            report: gives the report as of now.
        """
        self._observer = observer
        self._known = known
        self._shutdown = shutdown
        self._report = report
        self._refresh_s = 0.0
        """When beats are told again."""
        self.under_way: set[str] = set()
        """What the observer takes for being sent; by a process that was killed too."""
        self._sending: Sending
        self.handed_over = True
        """Whether this process may end without losing what deregistering and keeping need."""
        self.status: int | None = None
        """The exit status of the last verdict; none before the first."""
        self.changed = Coalesced(self._tell_change, self._least_gap_s)
        """To be called when a registration becomes or ceases to be active."""
        self.progressed = Coalesced(self._tell_progress, self._least_gap_s)
        """To be called when one of several has been tried."""

    def begin(self, sending: Sending) -> None:
        """Tell from here on of each registration before it is sent."""
        self._sending = sending
        sending.tell = self._tell_sending

    def refreshed(self) -> None:
        """Tell of the beats, but seldom: of many registrations one has always just beaten."""
        if now_s() >= self._refresh_s:
            self._refresh_s = now_s() + _REFRESHED_EVERY_S
            self._observer.refreshed(self._states(), ready=self._known.ready)

    def verdict(self) -> None:
        """Tell that registering came to an end, or that what was active is lost."""
        self.changed.flush()
        report = self._report()
        self.status = report.exit_status
        self._observer.verdict(report, ends_app=self._known.must_end)

    def _states(self) -> Mapping[str, str]:
        return {name: standing_of(each) for name, each in self._known.ended.items()}

    def _least_gap_s(self) -> float:
        """A change is told with the states of all: for a few at once, for thousands a few times a second."""
        return _SECONDS_FOR_EACH * max(0, len(self._known.ended) - _FEW)

    def _tell_progress(self) -> None:
        self._observer.refreshed(self._states(), ready=self._known.ready)
        self._hand_over()

    def _tell_change(self) -> None:
        self._observer.changed(self._states(), ready=self._known.ready)
        self._hand_over()
        if self.status and self._known.ready and not self._shutdown.requested.is_set():
            self.verdict()

    def _hand_over(self) -> None:
        held = {name: each for name, each in self._known.ended.items() if each.must_be_handed_over}
        undo_on = [cause for cause in Cause if self._known.to_undo(cause)]
        self.handed_over = self._observer.holds(held, undo_on)
        if self.handed_over:
            for name in sorted(self.under_way.difference(self._sending.names)):
                self.under_way.discard(name)
                self._observer.settled(name)

    def _tell_sending(self, name: str, captures: Captures) -> None:
        """Tell of a registration before it is sent, with what its steps have captured: a killed process leaves none unknown."""
        registration = self._known.registrations[name]
        self.under_way.add(name)
        self._observer.sends(name, [cause for cause in Cause if registration.is_undone_on(cause)], captures)
