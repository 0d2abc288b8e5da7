"""The registrar's end of the two pipes to init (``pid1.protocol``)."""

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable

from runner.model.outcome import ExitStatus
from runner.pid1.protocol import Garbage, Lines, Message, encode

_ORDERLY_S = 1.0
"""How long this process has to end by itself once init is gone."""


class InitLink:
    """Two descriptors that init made for us."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._lines = Lines()
        self._waiting: list[Message] = []
        self._sending = threading.Lock()
        for descriptor in (reading, writing):
            os.set_inheritable(descriptor, False)  # what we start ourselves is to know nothing of it

    def end_with_init(self) -> None:
        """See to it that this process ends with init, whatever it waits for then: a read may never come back."""

        def watch() -> None:
            looked = select.poll()
            looked.register(self._reading, 0)  # a hang-up is told unasked
            looked.poll()
            time.sleep(_ORDERLY_S)
            os._exit(ExitStatus.BUG)

        with contextlib.suppress(RuntimeError):  # a limit on threads
            threading.Thread(target=watch, daemon=True).start()

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
        with self._sending, contextlib.suppress(OSError):
            while line:
                line = line[os.write(self._writing, line) :]

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
