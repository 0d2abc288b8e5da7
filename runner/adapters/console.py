"""The command's two streams."""

import os
import sys
from typing import TextIO


class StreamConsole:
    """Writes to standard output and standard error.

    A reader that goes away (``enlist validate | head``) is no error of ours: the rest is dropped.
    """

    def out(self, text: str) -> None:
        """Write to standard output."""
        _write(sys.stdout, text)

    def err(self, text: str) -> None:
        """Write to standard error."""
        _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # the caller closed it, and whoever reads nothing misses nothing
        return
    try:
        # What a stream's encoding cannot say is escaped: a path in Latin-1 must not end the program.
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, errors="backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
