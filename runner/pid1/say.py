"""Init's own words on standard error, in the form of the registrar's log."""

import contextlib
import json
import os
import select
import time
from collections.abc import Sequence
from itertools import pairwise

from runner.pid1.unsignalled import unsignalled

LEVELS = ("debug", "info", "warning", "error")
_MAX_BYTES = 1024
"""Less than a pipe takes in one piece, so that lines do not mix with the application's."""


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for a log of JSON; the registrar reads it in full, and later."""
    return "--log-format=json" in words or ("--log-format", "json") in pairwise(words)


def json_note(level: str, text: str, now_s: float) -> str:
    """Return a line of a log of JSON, in the form of the events of a run."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s)) + f".{int(now_s * 1000) % 1000:03d}+00:00"
    return json.dumps({"ts": stamp, "level": level, "event": "note", "message": text})


def say(level: str, text: str, *, as_json: bool = False) -> None:
    """Write a line, or drop it where nobody takes it: init waits for no reader.

    Args:
        level: debug, info, warning or error; what is for debugging is dropped.
        text: for people.
        as_json: whether the log is for a pipeline.
    """
    if level == "debug":
        return
    now_s = time.time()
    form = "%H:%M:%S" if os.isatty(2) else "%Y-%m-%d %H:%M:%S"
    clock = time.strftime(form, time.localtime(now_s)) + f".{int(now_s * 1000) % 1000:03d}"
    line = f"{clock} {level.upper():<7} {text}"
    if as_json:
        line = json_note(level, text, now_s)
    data = line.encode("utf-8", errors="backslashreplace")[:_MAX_BYTES] + b"\n"
    with contextlib.suppress(OSError, ValueError), unsignalled():
        waiting = select.poll()
        waiting.register(2, select.POLLOUT)
        if waiting.poll(0):
            os.write(2, data)
