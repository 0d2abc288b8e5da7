"""The command's two streams."""

import contextlib
import os
import select
import sys
import time
import traceback
from typing import TextIO

from runner.adapters.output import cleaned
from runner.adapters.terminal import takes_colour
from runner.pid1.say import json_note

_PATIENCE_S = 0.2
"""How long a run waits for whoever reads its log to go on reading, before it drops a line."""
_PIECE_BYTES = 4096
"""What a pipe takes without waiting when it says that it takes something (PIPE_BUF)."""


_LEVEL_OF = {"warning": "warning", "note": "info"}
"""How loud a text is that begins so."""


class StreamConsole:
    """Writes to standard output and standard error.

    A stream that is closed, full or read by nobody (``enlist validate | head``) is no error of ours, and
    never changes an exit status: what cannot be written is dropped.
    """

    def __init__(self, *, commands: bool = False) -> None:
        """Prepare to write; ``commands`` says that standard output is for a code host that takes some."""
        self._commands = commands

    def out(self, text: str) -> None:
        """Write to standard output."""
        write_line(sys.stdout, text, commands=self._commands)

    def err(self, text: str) -> None:
        """Write to standard error."""
        write_line(sys.stderr, text)


def tell_bug(error: BaseException) -> None:
    """Write where an error comes from that nobody expected, for whoever mends it; its words may hold anything."""
    write_line(sys.stderr, "".join(traceback.format_exception(error)).rstrip())


class StoryConsole(StreamConsole):
    """The console of a run: a reader of its story who stops reading costs it lines, and neither time nor its end."""

    def __init__(self, *, as_json: bool = False) -> None:
        """Prepare to write; within a log of JSON each text is a line of JSON."""
        super().__init__()
        self._as_json = as_json

    def err(self, text: str) -> None:
        """See ``ports.Console``."""
        if self._as_json:
            word = text.partition(":")[0]
            # Masked before it is written as JSON, in whose escapes a secret would look different.
            text = json_note(_LEVEL_OF.get(word, "error"), cleaned(text), time.time())
        tell_line(text, masked=self._as_json)


class _Reader:
    """Whether whoever reads standard error was still reading when we last looked."""

    reads = True


def tell_line(text: str, *, masked: bool = False) -> None:
    """Write a line to standard error, or drop it where its reader does not go on reading for a moment.

    Args:
        text: the line.
        masked: whether it is made of what was masked as data.
    """
    stream = sys.stderr
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):  # no stream, or one that is no file, as in a test
        write_line(stream, text, masked=masked)
        return
    line = cleaned(text, masked=masked, colour=takes_colour(stream, os.environ)) + "\n"
    data = line.encode(stream.encoding or "utf-8", errors="backslashreplace")
    with contextlib.suppress(OSError):
        while data and _takes_more(descriptor):
            data = data[os.write(descriptor, data[:_PIECE_BYTES]) :]


def _takes_more(descriptor: int) -> bool:
    looked = select.poll()
    looked.register(descriptor, select.POLLOUT)
    _Reader.reads = bool(looked.poll(_PATIENCE_S * 1000 if _Reader.reads else 0))
    return _Reader.reads


def write_line(stream: TextIO | None, text: str, *, masked: bool = False, commands: bool = False) -> None:
    """Write a text and a newline, or drop them where the stream takes none."""
    if stream is None:  # the caller closed it, and whoever reads nothing misses nothing
        return
    try:
        colour = takes_colour(stream, os.environ)
        text = cleaned(text, masked=masked, colour=colour, commands=commands)
        # What a stream's encoding cannot say is escaped: a path in Latin-1 must not end the program.
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, errors="backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        # The interpreter flushes once more at its end, and would end with a status of its own.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
