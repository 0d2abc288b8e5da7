"""The command's two streams."""

import contextlib
import os
import re
import select
import sys
import time
from typing import TextIO

from runner.adapters.terminal import takes_colour
from runner.pid1.say import json_note
from runner.values.printable import printable

_PATIENCE_S = 0.2
"""How long a run waits for whoever reads its log to go on reading, before it drops a line."""
_PIECE_BYTES = 4096
"""What a pipe takes without waiting when it says that it takes something (PIPE_BUF)."""


_LEVEL_OF = {"warning": "warning", "note": "info"}
"""How loud a text is that begins so."""
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m|[\n\t])")
_COMMAND = re.compile(r"^(\s*)(::|##\[)", re.MULTILINE)


def neutral(text: str, *, colour: bool = False, commands: bool = False) -> str:
    """Return a text that does on a terminal and in a pipeline's log what its lines say, and nothing else.

    Everything that a command says goes through here, wherever a name in it came from: the file, its own name, the
    command line, a server.

    Args:
        text: lines.
        colour: whether colours may be in it.
        commands: whether it holds commands for GitHub; others would take effect as if we had given them.
    """
    if not commands:
        text = _COMMAND.sub(lambda found: f"{found[1]}\\{found[2]}", text)
    if text.isascii() and text.isprintable():
        return text
    pieces = _COLOUR.split(text)  # what splits stands at the odd places
    return "".join(
        piece if at % 2 and (colour or piece[0] != "\x1b") else printable(piece)
        for at, piece in enumerate(pieces)
    )


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
            text = json_note(_LEVEL_OF.get(word, "error"), text, time.time())
        tell_line(text)


class _Reader:
    """Whether whoever reads standard error was still reading when we last looked."""

    reads = True


def tell_line(text: str) -> None:
    """Write a line to standard error, or drop it where its reader does not go on reading for a moment."""
    stream = sys.stderr
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):  # no stream, or one that is no file, as in a test
        write_line(stream, text)
        return
    data = (neutral(text, colour=takes_colour(stream, os.environ)) + "\n").encode(
        stream.encoding or "utf-8", errors="backslashreplace"
    )
    with contextlib.suppress(OSError):
        while data and _takes_more(descriptor):
            data = data[os.write(descriptor, data[:_PIECE_BYTES]) :]


def _takes_more(descriptor: int) -> bool:
    looked = select.poll()
    looked.register(descriptor, select.POLLOUT)
    _Reader.reads = bool(looked.poll(_PATIENCE_S * 1000 if _Reader.reads else 0))
    return _Reader.reads


def write_line(stream: TextIO | None, text: str, *, commands: bool = False) -> None:
    """Write a text and a newline, or drop them where the stream takes none."""
    if stream is None:  # the caller closed it, and whoever reads nothing misses nothing
        return
    try:
        text = neutral(text, colour=takes_colour(stream, os.environ), commands=commands)
        # What a stream's encoding cannot say is escaped: a path in Latin-1 must not end the program.
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, errors="backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        # The interpreter flushes once more at its end, and would end with a status of its own.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
