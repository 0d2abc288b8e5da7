"""Init's end of the two pipes to the registrar."""

import contextlib
import os

from runner.pid1.protocol import Garbage, Lines, Message, encode
from runner.pid1.unsignalled import unsignalled


class Link:
    """One registrar's pipes; its two ends are made before the registrar is, and belong to it after."""

    def __init__(self) -> None:
        """Make both pipes.

        Raises:
            OSError: when there can be no more of them.
        """
        self.theirs: tuple[int, int]
        """What the registrar reads from, and writes to."""
        read_by_them, self._write = os.pipe()
        try:
            self.descriptor, written_by_them = os.pipe()
        except OSError:
            os.close(read_by_them)
            os.close(self._write)
            raise
        self.theirs = read_by_them, written_by_them
        self._lines = Lines()
        os.set_blocking(self._write, False)
        os.set_blocking(self.descriptor, False)

    def hand_over(self) -> None:
        """Close the registrar's ends here: only then does each side see the other's end."""
        for descriptor in self.theirs:
            os.close(descriptor)

    def send(self, message: Message) -> bool:
        """Send a message, or as good as: a registrar that has ended is noticed elsewhere.

        Returns:
            Whether there was room. A registrar that does not read is given up rather than waited for.
        """
        line = encode(message)
        try:
            with unsignalled():
                return os.write(self._write, line) == len(line)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def receive(self) -> list[Message] | None:
        """Return what came since the last time; none when the other end is closed.

        Raises:
            Garbage: when it is no message.
        """
        messages: list[Message] = []
        while True:
            try:
                data = os.read(self.descriptor, 65536)
            except BlockingIOError:
                return messages
            if not data:
                return messages or None
            messages += self._lines.feed(data)

    def drain(self) -> tuple[list[Message], str | None]:
        """Return everything that an ended registrar has said, and what was wrong with the rest."""
        messages: list[Message] = []
        try:
            while (more := self.receive()) is not None and more:
                messages += more
        except Garbage as error:
            return messages, str(error)
        return messages, None

    def close(self) -> None:
        """Close both ends."""
        for descriptor in (self._write, self.descriptor):
            with contextlib.suppress(OSError):
                os.close(descriptor)
