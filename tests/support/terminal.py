"""A terminal for a subject: what a person types, and what appears."""

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

WAIT_S = 20.0
OWN = ("setsid", "--ctty")
"""Words that make the terminal of standard input the controlling one of what is started with them."""


@dataclass(slots=True)
class Terminal:
    """Both ends of a pseudo terminal."""

    ours: int
    theirs: int
    shown: bytes = field(default=b"")

    def types(self, text: str) -> None:
        """Press keys."""
        os.write(self.ours, text.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Make the window another size."""
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def await_text(self, text: str, within_s: float = WAIT_S) -> None:
        """Wait until something appears after what was waited for before."""
        until_s = time.monotonic() + within_s
        while text.encode() not in self.shown:
            left_s = until_s - time.monotonic()
            assert left_s > 0, f'"{text}" never appeared after:\n{self.shown.decode(errors="replace")}'
            if select.select([self.ours], [], [], left_s)[0]:
                self.shown += os.read(self.ours, 65536)
        self.shown = self.shown.partition(text.encode())[2]

    @property
    def foreground(self) -> int:
        """The process group that gets what is typed."""
        return os.tcgetpgrp(self.ours)


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Open one, and close both ends."""
    ours, theirs = pty.openpty()
    opened = Terminal(ours, theirs)
    opened.resize(80, 24)
    try:
        yield opened
    finally:
        os.close(ours)
        os.close(theirs)
