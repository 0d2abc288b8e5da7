"""What a session has around it: its ports, whoever binds again, and the application.

A session that only registers, or only deregisters, needs no more than its ports.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

from msgspec import Struct

from runner.language.lifecycle import Ready
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.session.ports import Ports

Connect = Callable[[BoundPlan], AbstractAsyncContextManager[Ports]]
Probe = Callable[[Ready, tuple[str, ...], float], Awaitable[str | None]]
"""Looks once, within so many seconds, whether the application is ready; returns what speaks against it, or nothing."""


class Rebind(Protocol):
    """Binds a registration of the file again."""

    def __call__(self, verbs: Collection[VerbName], registration: str) -> BoundPlan | None:
        """Return the file as if it had only this registration, with the values of now; none where they are not there."""
        ...


def _never(verbs: Collection[VerbName], registration: str) -> None:
    """Binding again gives nothing new: the values of then serve."""


async def _always_ready(*_: object) -> None:
    """Nothing speaks against it."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a session needs from the world."""

    connect: Connect
    """Gives the ports of a run, with connections that live as long as the context."""
    rebind: Rebind = _never
    probe: Probe = _always_ready
    undoable: bool = False
    """Whether the plan was bound with what undoing needs; the values of then serve where binding again fails."""
    app_started: asyncio.Event | None = None
    """Set once the application runs that the registrations are for; none where it is not ours to start."""
    retry_requested: asyncio.Event | None = None
    """Set when what has failed is to be tried again, by whoever may ask for that; none where nobody may."""
    goes_on: bool = False
    """Whether the session goes on even where it keeps nothing, as for a listener."""

    @property
    def with_app(self) -> bool:
        """Whether there is an application that the registrations are for."""
        return self.app_started is not None


def with_ports(ports: Ports) -> Surroundings:
    """Return surroundings whose ports are there already."""
    return Surroundings(connect=lambda _: nullcontext(ports))
