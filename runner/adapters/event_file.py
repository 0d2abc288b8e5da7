"""The stream of events in a file, line by line while the run is on.

Whoever follows it sees each event at once, and a run that is killed leaves all that it told. A disk that fills up
ends the stream after its last whole line; the run goes on, and ``error`` says why there is no more.
"""

import os
from collections.abc import Callable
from pathlib import Path

from runner.adapters.files import is_stream, new_file_beside, target_of
from runner.adapters.output import cleaned
from runner.model.event import RunEvent


class EventFile:
    """A reporter that writes each event as one line, flushed."""

    def __init__(self, path: str, render: Callable[[RunEvent], str], *, goes_on: bool = False) -> None:
        """Replace the file by an empty one that only its owner reads; failing to is an ``error`` and no exception.

        Args:
            path: of the file; a pipe or a device is written as it is.
            render: makes a line of an event.
            goes_on: whether another process of the same run has begun the stream; its lines stay.
        """
        self.path = path
        self.error: OSError | None = None
        self._render = render
        self._descriptor: int | None = None
        try:
            self._descriptor = _open(path, goes_on=goes_on)
        except OSError as error:
            self.error = error

    def on_event(self, event: RunEvent) -> None:
        """Write one line."""
        if self._descriptor is None or self.error is not None:
            return
        line = (cleaned(self._render(event), masked=True) + "\n").encode("utf-8", errors="backslashreplace")
        try:
            _write_whole(self._descriptor, line)
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """End the stream; a network file system says only now that the disk is full."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                os.close(descriptor)
            except OSError as error:
                self.error = self.error or error


def _open(path: str, *, goes_on: bool) -> int:
    if is_stream(path) or (goes_on and Path(path).is_file()):
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
    target = target_of(path)
    descriptor, temporary = new_file_beside(str(target))
    try:
        Path(temporary).replace(target)
    except OSError:
        os.close(descriptor)
        Path(temporary).unlink(missing_ok=True)
        raise
    return descriptor


def _write_whole(descriptor: int, line: bytes) -> None:
    """Write a line, or take back the part of it that found room."""
    written = 0
    try:
        while written < len(line):
            written += os.write(descriptor, line[written:])
    except OSError:
        if written:
            _take_back(descriptor, written)
        raise


def _take_back(descriptor: int, count: int) -> None:
    try:
        os.ftruncate(descriptor, os.lseek(descriptor, 0, os.SEEK_END) - count)
    except OSError:
        return  # a pipe gives nothing back
