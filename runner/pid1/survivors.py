"""Who is left when the application has ended: what it started, and what became ours because its parents are gone.

Whether anybody is left only the kernel can tell in one look: a process that forks and ends all the time is in no list
that is read piece by piece.
"""

import math
import os
import signal
import time
from collections.abc import Collection

from runner.pid1 import family, processes

_REST = 10
"""How many times as long as it took to look for them nobody is looked for."""
_CATCH_S = 0.5
"""How long what is to be killed is looked for; who waits in the kernel cannot be, and ends later."""


class Survivors:
    """The survivors, and which of them have had the last signal."""

    def __init__(self) -> None:
        self.group = 0
        """The process group of the application, which may outlive it."""
        self.due_s = math.inf
        """When they are to be looked for again: as many as there may be, that takes a small part of our time."""
        self._number: int | None = None
        self._signalled: set[int] = set()
        self._rested_s = 0.0

    def forget(self, pid: int) -> None:
        """Know that a process has ended: its number may become another's."""
        self._signalled.discard(pid)

    def leader_ended(self) -> None:
        """Know that the application has ended: the number of a group that nobody is left in may become another's.

        To be asked before anybody is signalled, who may start a process that gets the number.
        """
        if family.is_visible() and not family.members_of(self.group):
            self.group = 0

    def had(self, number: int) -> None:
        """Know that all who are in the application's group now have had a signal, with the application."""
        self._number, self._signalled = number, family.members_of(self.group)

    def signal(self, number: int, but: int | None) -> None:
        """Send all a signal who have not had it already, those included that come to us later.

        Args:
            number: the signal.
            but: the registrar, which is none of them.
        """
        if number != self._number:
            self._number, self._signalled = number, set()
        self._signal_group(number)
        self.look_after(but)

    def _signal_group(self, number: int) -> None:
        """Signal the application's group, unless nobody is in it any more: its number may be another's from then on."""
        members = family.members_of(self.group) if self.group else set()
        if not family.is_visible():
            processes.send(number, self.group, to_group=True)
        elif not members:
            self.group = 0
        elif not (members & self._signalled):
            self._pass_on(number, members, to_group=True)
        else:
            self._pass_on(number, members - self._signalled)

    def look_after(self, but: int | None) -> None:
        """Pass the last signal on to what has come to us since."""
        began_s = time.monotonic()
        self.due_s = math.inf
        if self._number is not None:
            self._pass_on(self._number, family.living_children(self._signalled | {but or 0}))
        self._rested_s = time.monotonic() + _REST * (time.monotonic() - began_s)

    def look_after_soon(self, but: int | None) -> None:
        """Do that, unless it has just been done; then it is due."""
        if time.monotonic() >= self._rested_s:
            self.look_after(but)
        else:
            self.due_s = self._rested_s

    def _pass_on(self, number: int, pids: Collection[int], *, to_group: bool = False) -> None:
        """Signal each of these once, all at once where they are a group, and wake up who is stopped."""
        if to_group:
            processes.send(number, self.group, to_group=True)
        for pid in pids:
            if not to_group:
                processes.send(number, pid)
            if family.state_of(pid) == "T":
                processes.send(signal.SIGCONT, pid)
        self._signalled.update(pids)


def kill_all(but: int | None) -> None:
    """Kill everybody below us; whoever forks and ends all the time becomes our child, and is caught as such."""
    for pid in family.descendants(os.getpid()):
        if pid != but:
            processes.send(signal.SIGKILL, pid)
    until_s = time.monotonic() + _CATCH_S
    while time.monotonic() < until_s and (left := set(family.living_children()) - {but}):
        for pid in left:
            processes.send(signal.SIGKILL, pid)


def end_in_disorder(app: int | None, within_s: float) -> None:
    """Let a mistake of ours cost the application its life in order, and not a kill by the kernel."""
    until_s = time.monotonic() + within_s
    if app is not None:
        processes.send(signal.SIGTERM, app, to_group=True)
    while family.has_children() and time.monotonic() < until_s:
        family.reap_one()
        time.sleep(0.02)
    kill_all(None)
