"""Who descends from us, as the kernel knows it."""

import contextlib
import os
from collections.abc import Collection, Iterator


def descendants(of: int, *, only_children: bool = False) -> Iterator[int]:
    """Go through the living children of a process, and theirs.

    /proc is read as a whole, because a process does not list its children everywhere.
    """
    children: dict[int, list[int]] = {}
    for pid, parent, state in _all_processes():
        if state != "Z":
            children.setdefault(parent, []).append(pid)
    wanted = [of]
    for parent in wanted:
        yield from children.get(parent, ())
        if not only_children:
            wanted += children.get(parent, ())


def is_visible() -> bool:
    """Whether the kernel shows processes here: without /proc nobody can be looked for."""
    return os.path.exists("/proc/self/stat")


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


def living_children(but: Collection[int] = ()) -> list[int]:
    """Return our own children that have not ended, at once where the kernel keeps a list of them.

    Args:
        but: those that need not be looked at.
    """
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [pid for pid in map(int, file.read().split()) if pid not in but and _is_alive(pid)]
    except OSError:
        return [pid for pid in descendants(os.getpid(), only_children=True) if pid not in but]


def _is_alive(pid: int) -> bool:
    return state_of(pid) not in {None, "Z"}


def state_of(pid: int) -> str | None:
    """Return the letter of a process's state: T where it is stopped, Z where it has ended; none without it."""
    found = _state_and_parent(str(pid))
    return None if found is None else found[0]


def members_of(group: int) -> set[int]:
    """Return the processes below us that are in a process group."""
    return {pid for pid in descendants(os.getpid()) if group_of(pid) == group}


def _all_processes() -> Iterator[tuple[int, int, str]]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
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
