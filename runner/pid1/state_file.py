"""The state of a running enlist, in a file that ``enlist status`` reads: a probe has no other way in.

One file a process, named by its PID namespace and its pid in that: two containers may share the folder. It says which
process wrote it (boot and start time), so that a file which a killed container left behind is not believed. Each user
has a folder of its own, which nobody else may read, and no link is followed: the folder around it may be one where all
can write (a volume of Kubernetes is).
"""

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from runner.pid1.unsignalled import unsignalled

FORMAT = 1
_MAX_BYTES = 256 * 1024


def folder_of(environment: Mapping[str, str]) -> str:
    """Return the folder of the state files."""
    if chosen := environment.get("ENLIST_STATE_DIR"):
        return chosen
    runtime = environment.get("XDG_RUNTIME_DIR")
    return os.path.join(runtime, "enlist") if runtime else "/run/enlist"


def _namespace() -> str:
    """Return the number of our PID namespace: in another one a pid is another process's."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return "0"


def identity(pid: int) -> list[str] | None:
    """Return what tells a process from a later one with the same pid; none where it does not run."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            boot_id = boot.read().strip()
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, *fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in {"Z", "X"} else [boot_id, _namespace(), fields[18]]


class StateFile:
    """The state of this process, kept up to date; where it cannot be written there is none."""

    def __init__(self, base: str) -> None:
        self.problem: str | None = None
        self._descriptor: int | None = None
        self._name = f"{_namespace()}-{os.getpid()}.json"
        self._fixed = {"format": FORMAT, "pid": os.getpid(), "identity": identity(os.getpid())}
        if self._fixed["identity"] is None:
            self.problem = "without /proc it cannot be told whether the process that wrote a state still runs"
            return
        try:
            self._descriptor = _make_folder(base)
        except OSError as error:
            self.problem = f"{base} cannot be used: {(error.strerror or str(error)).lower()}"

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the state in one step; where that fails there is none, and ``problem`` says why."""
        if self._descriptor is None:
            return
        temporary = f".{self._name}.new"
        text = json.dumps({**self._fixed, **state}).encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            file = os.open(temporary, flags, 0o600, dir_fd=self._descriptor)
            try:
                with unsignalled():
                    written = os.write(file, text)
                if written < len(text):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(file)
            os.replace(temporary, self._name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
            self.problem = None
        except OSError as error:
            self.problem = f"the state cannot be written: {(error.strerror or str(error)).lower()}"
            self.remove()  # no state is better than an old one

    def remove(self) -> None:
        """Leave nothing behind."""
        for name in (self._name, f".{self._name}.new"):
            if self._descriptor is not None:
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=self._descriptor)


def _make_folder(base: str) -> int:
    """Make the folder of this user where it is not there, and open it."""
    for path, mode in ((base, 0o755), (_of_user(base), 0o700)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, mode)
    return _open_folder(base)


def _of_user(base: str) -> str:
    return os.path.join(base, f"uid-{os.geteuid()}")


def _open_folder(base: str) -> int:
    """Open the folder of this user if it is ours alone."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(_of_user(base), flags)
    found = os.fstat(descriptor)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(descriptor)
        raise PermissionError(1, "it belongs to another user, or others may use it")
    return descriptor


def running(base: str) -> Iterator[dict[str, Any]]:
    """Go through the states of this user's processes that still run."""
    try:
        folder = _open_folder(base)
    except OSError:
        return
    try:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".json") and not name.startswith(".") and (state := _read(folder, name)):
                yield state
    finally:
        os.close(folder)


def _read(folder: int, name: str) -> dict[str, Any] | None:
    """Return a state that a living process wrote."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=folder)
        try:
            state = json.loads(os.read(file, _MAX_BYTES))
        finally:
            os.close(file)
    except (OSError, ValueError):
        return None
    is_ours = isinstance(state, dict) and state.get("format") == FORMAT and isinstance(state.get("pid"), int)
    writer = identity(state["pid"]) if is_ours else None
    return state if writer is not None and writer == state.get("identity") else None
