"""The command's two streams."""

import contextlib
import os
import sys
from typing import TextIO


class StreamConsole:
    """Writes to standard output and standard error.

    A stream that is closed, full or read by nobody (``enlist validate | head``) is no error of ours, and
    never changes an exit status: what cannot be written is dropped.
    """

    def out(self, text: str) -> None:
        """Write to standard output."""
        write_line(sys.stdout, text)

    def err(self, text: str) -> None:
        """Write to standard error."""
        write_line(sys.stderr, text)


def write_line(stream: TextIO | None, text: str) -> None:
    """Write a text and a newline, or drop them where the stream takes none."""
    if stream is None:  # the caller closed it, and whoever reads nothing misses nothing
        return
    try:
        # What a stream's encoding cannot say is escaped: a path in Latin-1 must not end the program.
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, errors="backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        # The interpreter flushes once more at its end, and would end with a status of its own.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
