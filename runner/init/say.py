"""Init's own words on standard error, in the form of the registrar's log."""

import contextlib
import json
import os
import select
import time

LEVELS = ("debug", "info", "warning", "error")
_MAX_BYTES = 1024
"""Less than a pipe takes in one piece, so that lines do not mix with the application's."""


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
    clock = time.strftime("%H:%M:%S", time.localtime(now_s)) + f".{int(now_s * 1000) % 1000:03d}"
    line = f"{clock} {level.upper():<7} {text}"
    if as_json:
        stamp = (
            time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s)) + f".{int(now_s * 1000) % 1000:03d}+00:00"
        )
        line = json.dumps({"ts": stamp, "level": level, "event": "note", "message": text})
    data = line.encode("utf-8", errors="backslashreplace")[:_MAX_BYTES] + b"\n"
    with contextlib.suppress(OSError, ValueError):
        waiting = select.poll()
        waiting.register(2, select.POLLOUT)
        if waiting.poll(0):
            os.write(2, data)
