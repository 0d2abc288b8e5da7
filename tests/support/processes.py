"""What the kernel tells about processes: who is whose child, in which state, and how large."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WAIT_S = 60.0
"""Long, since machines are slow: what is waited for comes in milliseconds, and only a failure takes this long."""


STARTERS = ("unshare", "env")
"""Programs that become others; before that nothing of what is tested has begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A process as it was seen."""

    pid: int
    parent: int
    group: int
    state: str
    """R, S, T for stopped, Z for zombie, ..."""
    words: tuple[str, ...]
    """Its command line."""


def seen(pid: int) -> Seen | None:
    """Look at a process; None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent, group = stat.rpartition(")")[2].split()[:3]
    return Seen(pid=pid, parent=int(parent), group=int(group), state=state, words=tuple(words))


def children_of(pid: int) -> list[Seen]:
    """Return the children of a process, the oldest first."""
    return [found for child in pids_of_children(pid) if (found := seen(child)) is not None]


def pids_of_children(pid: int) -> list[int]:
    """Return the children's numbers; a process that has gone has none."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        listed = " ".join((thread / "children").read_text(encoding="ascii") for thread in threads)
    except (FileNotFoundError, ProcessLookupError):
        return []
    return sorted(map(int, listed.split()))


def descendants_of(pid: int) -> list[int]:
    """Return the numbers of a process's children and theirs."""
    found = [pid]
    for parent in found:
        found += pids_of_children(parent)
    return found[1:]


def inner_pid(pid: int) -> int | None:
    """Return the number that a process has in its own namespace."""
    try:
        return int(status_of(pid)["NSpid"].split()[-1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def name_of(pid: int) -> str:
    """Return the name of the program that a process runs now."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def status_of(pid: int) -> dict[str, str]:
    """Return the lines of a process's status."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def has_pending(pid: int) -> bool:
    """Tell whether a process has signals that it has not looked at."""
    status = status_of(pid)
    return int(status["ShdPnd"], 16) != 0 or int(status["SigPnd"], 16) != 0


def is_marked(pid: int, mark: str) -> bool:
    """Tell whether a process was started with this in its environment."""
    try:
        return mark.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def marked(mark: str) -> list[int]:
    """Return the processes that were started with this in their environment; zombies have none."""
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return [pid for pid in pids if pid != os.getpid() and is_marked(pid, mark)]


def await_that(
    what: Callable[[], object], says: Callable[[], object] = lambda: "", within_s: float = WAIT_S
) -> None:
    """Wait until something holds; if it does not, fail with what is to be said then."""
    until_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < until_s, says()
        time.sleep(0.004)
