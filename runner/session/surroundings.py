"""What a session has around it: its ports, the request to shut it down, and who observes it.

Init over a pipe, signals to a lone process, and a host program make the same request; ``session.session`` knows no difference.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from runner.engine.context import now_s
from runner.language.lifecycle import Ready
from runner.language.terms import Cause, VerbName
from runner.model.bound import BoundPlan
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Report
from runner.session.execute import Ports

Connect = Callable[[BoundPlan], AbstractAsyncContextManager[Ports]]
Probe = Callable[[Ready, tuple[str, ...], float], Awaitable[str | None]]
"""Looks once, within so many seconds, whether the application is ready; returns what speaks against it, or nothing."""

_SAME_S = 0.1
KEPT_VERBS = (VerbName.REGISTER, VerbName.VERIFY, VerbName.HEARTBEAT)


class Rebind(Protocol):
    """Binds the file again."""

    def __call__(self, verbs: Collection[VerbName], registration: str | None = None) -> BoundPlan | None:
        """Return the file, or one registration of it, with the values of now; none where that is not possible."""
        ...


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a session needs from the world."""

    connect: Connect
    """Gives the ports of a run, with connections that live as long as the context."""
    rebind: Rebind
    probe: Probe
    undoable: bool
    """Whether the plan was bound with what undoing needs; the values of then serve where binding again fails."""
    with_app: bool
    """Whether there is an application that the registrations are for."""
    goes_on: bool = False
    """Whether the session goes on even where it keeps nothing, as for a listener."""


class Observer(Protocol):
    """Whoever must know how it goes."""

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """A registration becomes or ceases to be active."""
        ...

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """Beats were taken or missed, and nothing else has changed; told now and then."""
        ...

    def holds(self, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:
        """Take over what undoing and keeping need.

        Args:
            held: the registrations that whoever goes on must know of.
            undo_on: the causes for which there is something to undo.

        Returns:
            Whether this process may end without losing it.
        """
        ...

    def sends(self, name: str, undo_on: Collection[Cause]) -> None:
        """Know, before it is sent, that a registration may exist from now on, and for which causes it is deregistered then."""
        ...

    def settled(self, name: str) -> None:
        """Know that how such a registration ended has been told, where there is something to tell."""
        ...

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """Registering came to an end, well or not; or what was active is lost.

        Args:
            report: of everything until now.
            ends_app: whether the file ends the application for that.
        """
        ...

    def undone(self, report: Report) -> bool:
        """Know that what the end asks for is done.

        Args:
            report: how everything stands; the exit status may be another still.

        Returns:
            Whether the exit status of the whole is waited for.
        """
        ...


class Shutdown:
    """The shutdown of a session, once it is requested."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        """The application runs."""
        self.requested = asyncio.Event()
        self.hurry = asyncio.Event()
        """Deregistering is to be cut short."""
        self.cause = Cause.SIGNAL
        self.exit_status: int = ExitStatus.INTERRUPTED
        self.until_s = 0.0
        self.over = asyncio.Event()
        self.final_status: int | None = None
        """The exit status of the whole, once nothing can change it any more, where somebody else decides it."""
        self.on_request: Callable[[], None] = lambda: None
        self.again: asyncio.Event | None = None
        """Set when what has failed is to be tried again, by whoever may ask for that."""
        self._asked_s = 0.0

    def request(
        self,
        cause: Cause,
        until_s: float,
        exit_status: int = ExitStatus.INTERRUPTED,
    ) -> None:
        """Ask to deregister and end; the second time, to end at once.

        Args:
            cause: why.
            until_s: when deregistering must be over, on the loop's clock.
            exit_status: of an interrupted registration, or an interrupted deregistration.
        """
        if self.requested.is_set():
            # The same request can arrive twice, from a terminal and from a wrapper that passes it on.
            if now_s() - self._asked_s > _SAME_S:
                if self.cause is not Cause.SIGNAL:  # of several signals the first one counts
                    self.exit_status = exit_status
                self.hurry.set()
            return
        self._asked_s = now_s()
        self.cause, self.until_s, self.exit_status = cause, until_s, exit_status
        self.requested.set()
        self.on_request()

    def end(self, status: int) -> None:
        """Know the exit status of the whole."""
        self.final_status = status
        self.over.set()
