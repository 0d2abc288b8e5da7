"""Who is left when the application has ended: what it started, and what became ours because its parents are gone.

Whether anybody is left only the kernel can tell in one look: a process that forks and ends all the time is in no list
that is read piece by piece.
"""

import os
import signal
import time

from runner.init import family, processes

_CATCH_S = 0.5
"""How long what is to be killed is looked for; who waits in the kernel cannot be, and ends later."""


class Survivors:
    """The survivors, and which of them have had the last signal."""

    def __init__(self) -> None:
        self.group = 0
        """The process group of the application, which may outlive it."""
        self._number: int | None = None
        self._signalled: set[int] = set()

    def forget(self, pid: int) -> None:
        """Know that a process has ended: its number may become another's."""
        if pid != self.group:
            self._signalled.discard(pid)

    def signal(self, number: int, but: int | None) -> None:
        """Send all a signal, those included that come to us later.

        Args:
            number: the signal.
            but: the registrar, which is none of them.
        """
        self._number = number
        self._signalled = set()
        self.look_after(but)

    def look_after(self, but: int | None) -> None:
        """Pass the last signal on to what has come to us since."""
        if self._number is not None:
            for pid in set(family.living_children()) - {but}:
                self._pass_on(self._number, pid)

    def _pass_on(self, number: int, pid: int) -> None:
        """Signal each survivor once; those of the application's group all at once, orphans or not yet."""
        if pid in self._signalled:
            return
        in_group = family.group_of(pid) == self.group
        if in_group and self.group not in self._signalled:
            processes.send(number, self.group, to_group=True)
            self._signalled.add(self.group)
        elif not in_group:
            processes.send(number, pid)
        self._signalled.add(pid)


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
