"""The file system."""

import contextlib
import errno
import os
import select
import stat
import sys
import tempfile
from pathlib import Path

from runner.adapters.output import cleaned
from runner.ports import FileTooLarge

_PATIENCE_MS = 2000
"""For a reader that does not read."""
_PIECE_BYTES = 64 * 1024


class LocalFiles:
    """Reads and writes files of this machine."""

    def read(self, path: str, max_bytes: int) -> bytes:
        """See ``ports.Files``; what is no regular file is refused, as it could let us wait without end."""
        if path == "-":
            raw = sys.stdin.buffer.read(max_bytes + 1)
        else:
            with os.fdopen(open_regular(path), "rb") as file:
                raw = file.read(max_bytes + 1)
        if len(raw) > max_bytes:
            raise FileTooLarge(f"{path} is larger than {max_bytes} bytes")
        return raw

    def create(self, path: str, text: str) -> None:
        """Write a new file; what is there already, a dangling link included, is an error and stays."""
        with Path(path).open("x", encoding="utf-8") as file:
            try:
                file.write(cleaned(text))
                file.flush()
            except OSError:
                Path(path).unlink()
                raise

    def write(self, path: str, text: str, *, shared: bool = False) -> None:
        """See ``ports.Files``; a link stays a link, and a device or a pipe is written to, never replaced."""
        text = cleaned(text, masked=True)
        if is_stream(path):  # asked before the link is followed: /dev/stdout leads to a pipe that has no path
            _write_to_stream(path, text.encode("utf-8", errors="backslashreplace"))
            return
        target = target_of(path)
        descriptor, temporary = new_file_beside(str(target))
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o644 if shared else 0o600)
            Path(temporary).replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


def open_regular(path: str) -> int:
    """Open a regular file for reading, without waiting for anybody: a pipe that nobody writes would be waited for.

    Raises:
        OSError: when there is none, or something else.
    """
    descriptor = os.open(_path(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise OSError(errno.EINVAL, "it is no regular file")


def _write_to_stream(path: str, data: bytes) -> None:
    """Write all to whoever reads; who does not begin to, or stops, is not waited for: a run has to end."""
    left = memoryview(data)
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        while left:
            try:
                left = left[os.write(descriptor, left[:_PIECE_BYTES]) :]
            except BlockingIOError:
                if not poll.poll(_PATIENCE_MS):
                    raise TimeoutError(errno.ETIMEDOUT, "nobody reads it") from None
    finally:
        os.close(descriptor)


def is_stream(path: str) -> bool:
    """Whether something that is no plain file stands there: a device, a pipe, a terminal.

    Raises:
        OSError: when a path cannot be looked at, or is another user's trap.
    """
    refuse_traps(path)
    try:
        return not stat.S_ISREG(_path(path).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def target_of(path: str) -> Path:
    """Return where a path leads, links followed.

    Raises:
        OSError: when it leads nowhere.
    """
    try:
        return _path(path).resolve()
    except RuntimeError as error:  # how Python 3.11 says it
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def refuse_traps(path: str) -> None:
    """Refuse a link or pipe that another user has put where everybody may, as Linux does with protected_symlinks.

    Raises:
        OSError: when it is one, or cannot be looked at.
    """
    try:
        what, folder = _path(path).lstat(), _path(path).parent.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    is_shared = folder.st_mode & stat.S_ISVTX and folder.st_mode & (stat.S_IWOTH | stat.S_IWGRP)
    if is_shared and not stat.S_ISREG(what.st_mode) and what.st_uid not in {os.geteuid(), folder.st_uid}:
        raise OSError(errno.EACCES, "it is another user's link or pipe in a folder that all may write to")


def new_file_beside(path: str) -> tuple[int, str]:
    """Open a new file for its owner only, in the folder of the one that it will replace.

    Raises:
        OSError: when there can be none.
    """
    target = _path(path)
    return tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")


def _path(text: str) -> Path:
    """Return a path, or the error of the system for a text that can be none."""
    if "\0" in text:
        raise OSError(errno.EINVAL, "a path cannot have a NUL character")
    return Path(text)
