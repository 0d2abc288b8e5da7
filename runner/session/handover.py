"""What is handed over of registrations before they are sent, so that a process that is killed leaves none that nobody knows of."""

from collections.abc import Collection, Mapping

from runner.language.terms import Cause
from runner.model.bound import Captures
from runner.model.plan import Registration
from runner.session.observer import Observer


class Handover:
    """What the observer knows of registrations that are under way."""

    def __init__(self, observer: Observer, registrations: Mapping[str, Registration]) -> None:
        """Begin with nothing under way."""
        self._observer = observer
        self._registrations = registrations
        self.told: set[str] = set()
        """What the observer takes for being under way; of a process that was killed too."""

    def begin(self, name: str, captures: Captures) -> None:
        """Tell of a registration before its first request is sent, and what its steps have captured."""
        registration = self._registrations[name]
        undoes, when = registration.deregister is not None, registration.deregister_when
        self.told.add(name)
        self._observer.sends(name, [cause for cause in Cause if undoes and when.holds_for(cause)], captures)

    def settle(self, under_way: Collection[str]) -> None:
        """Tell of those whose end has been handed over since."""
        for name in sorted(self.told.difference(under_way)):
            self.told.discard(name)
            self._observer.settled(name)
