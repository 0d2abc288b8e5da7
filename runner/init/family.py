"""Who descends from us, as the kernel knows it."""

import contextlib
import os
from collections.abc import Iterator


def descendants(of: int, *, only_children: bool = False) -> Iterator[int]:
    """Go through the living children of a process, and theirs.

    /proc is read as a whole, because a process does not list its children everywhere.
    """
    parents = {pid: parent for pid, parent, state in _all_processes() if state != "Z"}
    wanted = [of]
    for parent in wanted:
        children = [pid for pid, its_parent in parents.items() if its_parent == parent]
        yield from children
        if not only_children:
            wanted += children


def reap_one() -> None:
    """Wait for a child that has ended, if there is one."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def has_children() -> bool:
    """Whether we have a child, ended or not; the kernel tells that in one look."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def living_children() -> list[int]:
    """Return our own children that have not ended, at once where the kernel keeps a list of them."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [pid for pid in map(int, file.read().split()) if _is_alive(pid)]
    except OSError:
        return list(descendants(os.getpid(), only_children=True))


def _is_alive(pid: int) -> bool:
    found = _state_and_parent(str(pid))
    return found is not None and found[0] != "Z"


def _all_processes() -> Iterator[tuple[int, int, str]]:
    for name in os.listdir("/proc"):
        if name.isdigit() and (found := _state_and_parent(name)):
            state, parent = found
            yield int(name), parent, state


def _state_and_parent(pid: str) -> tuple[str, int] | None:
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 512).decode(errors="replace")
    except OSError:  # it has ended since
        return None
    finally:
        os.close(descriptor)
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, int(parent)


def group_of(pid: int) -> int | None:
    """Return the process group of a process, if it still runs."""
    try:
        return os.getpgid(pid)
    except OSError:
        return None
