"""What standard error is: something to write lines to, a terminal with colours, or one to draw on.

Asked before anything is drawn, and so apart from what draws: looking costs a plain run next to nothing.
"""

import importlib.util
import os
from collections.abc import Mapping
from typing import TextIO


def takes_colour(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether a stream is a terminal that knows colours, and its owner wants them (https://no-color.org)."""
    if stream is None or environment.get("NO_COLOR") or environment.get("TERM") in {"dumb", "unknown"}:
        return False
    return is_terminal(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody reads a stream as it is written; a closed one is read by nobody."""
    return stream is not None and not stream.closed and stream.isatty()


def takes_rows(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Whether rows can be drawn again and again on a stream, and there is something to draw them with."""
    if stream is None or not environment.get("TERM") or not takes_colour(stream, environment):
        return False
    return in_foreground(stream) and importlib.util.find_spec("rich") is not None


def in_foreground(stream: TextIO) -> bool:
    """Whether a terminal is ours to draw on: a job in the background writes lines at most."""
    try:
        return os.tcgetpgrp(stream.fileno()) == os.getpgrp()
    except OSError:  # it is not the terminal that controls us, so there are no jobs on it either
        return True
