"""The registrar's end of the pipes to init: orders come in, word goes out (``init.protocol``)."""

import os
from collections.abc import Callable

from runner.init.protocol import Garbage, Lines, Message, encode


class InitLink:
    """Two descriptors that init made for us."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._lines = Lines()
        self._waiting: list[Message] = []
        for descriptor in (reading, writing):
            os.set_inheritable(descriptor, False)  # what we start ourselves is to know nothing of it

    def receive(self) -> Message:
        """Wait for the next message.

        Raises:
            EOFError: when init is gone.
            Garbage: when it is no message.
        """
        while not self._waiting:
            data = os.read(self._reading, 65536)
            if not data:
                raise EOFError("init is gone")
            self._waiting += self._lines.feed(data)
        return self._waiting.pop(0)

    def send(self, message: Message) -> None:
        """Send a message; when init is gone nobody misses it."""
        line = encode(message)
        try:
            while line:
                line = line[os.write(self._writing, line) :]
        except OSError:
            return

    def listen(self, heard: Callable[[Message | None], None]) -> None:
        """From now on pass each message on, on the running loop; none when init is gone or says nonsense."""
        import asyncio  # noqa: PLC0415 - the application waits for what comes before this, and for nothing more

        loop = asyncio.get_running_loop()

        def read() -> None:
            try:
                data = os.read(self._reading, 65536)
                messages: list[Message | None] = list(self._lines.feed(data)) if data else [None]
            except (Garbage, OSError):
                messages = [None]
            if None in messages:
                loop.remove_reader(self._reading)
            for message in messages:
                heard(message)

        for message in self._waiting:
            heard(message)
        self._waiting.clear()
        loop.add_reader(self._reading, read)
