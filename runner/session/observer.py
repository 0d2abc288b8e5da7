"""Who must know how a session goes; of what is not overridden nobody hears."""

from collections.abc import Collection, Mapping

from runner.language.terms import Cause
from runner.model.bound import Captures
from runner.model.ended import Ended
from runner.model.outcome import Report


class Observer:
    """Whoever must know how it goes."""

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """A registration becomes or ceases to be active."""

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """Beats were taken or missed, and nothing else has changed; told now and then."""

    def holds(self, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:  # noqa: ARG002 - for whoever overrides it
        """Take over what deregistering and keeping need.

        Args:
            held: the registrations that whoever goes on must know of.
            undo_on: the causes for which there is something to undo.

        Returns:
            Whether this process may end without losing it.
        """
        return True

    def sends(self, name: str, undo_on: Collection[Cause], captures: Captures) -> None:
        """Know, before it is sent, that a registration may exist from now on; told again when its steps capture more.

        Args:
            name: of the registration.
            undo_on: the causes for which it is deregistered.
            captures: what its steps have captured.
        """

    def settled(self, name: str) -> None:
        """Know that how such a registration ended has been told, where there is something to tell."""

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """Registering came to an end, well or not; or what was active is lost.

        Args:
            report: of everything until now.
            ends_app: whether the file ends the application for that.
        """

    def undone(self, report: Report) -> bool:  # noqa: ARG002 - for whoever overrides it
        """Know that what the end asks for is done.

        Args:
            report: of everything; the exit status may be another still.

        Returns:
            Whether the exit status of the whole is waited for.
        """
        return False
