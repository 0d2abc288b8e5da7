"""One start of a subject with an application: what both say, which processes they are, and how they end."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.processes import Seen, await_that, children_of, is_marked, marked, pids_of_children, seen

ENDS_S = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """A line that the application or one of its processes wrote."""

    at_s: float
    who: str
    word: str
    value: str


@dataclass(slots=True)
class Running:
    """A subject at work."""

    process: subprocess.Popen[bytes]
    folder: Path
    is_below_unshare: bool
    began_s: float = field(default_factory=time.monotonic)
    _init: int | None = None

    @property
    def out(self) -> str:
        """What was written to standard output so far."""
        return (self.folder / "out").read_text(encoding="utf-8", errors="replace")

    @property
    def err(self) -> str:
        """What was written to standard error so far."""
        return (self.folder / "err").read_text(encoding="utf-8", errors="replace")

    @property
    def told(self) -> list[Told]:
        """What the application and its processes told so far."""
        lines = [line.split(" ", 3) for line in self.out.splitlines(keepends=True) if line.endswith("\n")]
        return [
            Told(float(line[0]), line[1], line[2], line[3].strip())
            for line in lines
            if len(line) == 4 and line[0].replace(".", "").isdecimal()
        ]

    def values(self, word: str, who: str = "app") -> list[str]:
        """Return the values that somebody told of something, in order."""
        return [each.value for each in self.told if (each.who, each.word) == (who, word)]

    def times_s(self, word: str, who: str = "app") -> list[float]:
        """Return when somebody told something, in order."""
        return [each.at_s for each in self.told if (each.who, each.word) == (who, word)]

    def await_word(self, word: str, who: str = "app", value: str | None = None) -> Told:
        """Wait until somebody has told something."""
        found: list[Told] = []

        def is_there() -> bool:
            is_over = (
                self.process.poll() is not None
            )  # asked first: what was told before the end is there then
            wanted = [each for each in self.told if (each.who, each.word) == (who, word)]
            found[:] = [each for each in wanted if value is None or each.value == value]
            assert found or not is_over, f"it ended and {who} never told {word} {value or ''}:\n{self}"
            return bool(found)

        await_that(is_there, lambda: f"{who} never told {word} {value or ''}:\n{self}")
        return found[-1]

    def await_registered(self) -> None:
        """Wait until it is registered and the registrar has gone; the application is the only child then."""
        await_that(lambda: "service: registered" in self.err, lambda: f"it was not registered:\n{self}")
        await_that(lambda: len(pids_of_children(self.init)) == 1, lambda: f"somebody stays:\n{self}")

    @property
    def registrar(self) -> Seen | None:
        """The registrar that runs now."""
        found = (each for each in children_of(self.init) if "registrar" in each.words)
        return next(found, None)

    @property
    def init(self) -> int:
        """The subject's process, by the number that it has here."""
        if self._init is None:
            self._init = self._found_init() if self.is_below_unshare else self.process.pid
        return self._init

    def _found_init(self) -> int:
        await_that(lambda: pids_of_children(self.process.pid), lambda: f"unshare started nothing:\n{self}")
        return pids_of_children(self.process.pid)[0]

    @property
    def app(self) -> Seen:
        """The application, by the numbers that it has here; once it has told something, there is one."""
        return self.find("child.py")

    def find(self, word: str) -> Seen:
        """Return the subject's only child with this in a word of its command line."""
        found: list[Seen] = []

        def is_there() -> bool:
            found[:] = [
                each
                for each in children_of(self.init)
                if any(word in part for part in each.words) and "registrar" not in each.words
            ]
            return bool(found)

        await_that(is_there, lambda: f"no child has {word}:\n{self}")
        return found[0]

    def send(self, number: int) -> float:
        """Send the subject a signal; returns when."""
        at_s = time.monotonic()
        os.kill(self.init, number)
        return at_s

    def wait(self, within_s: float = ENDS_S) -> int:
        """Wait for the end and return the exit status; death by a signal is minus its number."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {within_s} s:\n{self}") from None

    def wait_timed(self) -> tuple[int, float]:
        """Wait for the end; return the status and the seconds that it took from now."""
        from_s = time.monotonic()
        return self.wait(), time.monotonic() - from_s

    def end(self) -> None:
        """Kill the subject."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def __str__(self) -> str:
        state = f"status {self.process.returncode}" if self.process.poll() is not None else "still running"
        family = (
            "" if self._init is None else f"\n--- processes\n{seen(self._init)}\n{children_of(self._init)}"
        )
        return f"{state}\n--- out\n{self.out}\n--- err\n{self.err}{family}"


def sweep(mark: str) -> None:
    """Kill all processes with this in their environment, whoever is their parent now."""
    await_that(lambda: not _killed(mark), lambda: f"{marked(mark)} cannot be killed")


def _killed(mark: str) -> list[int]:
    left = marked(mark)
    for pid in left:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        # The number may have gone to another process since it was read: the handle cannot.
        with contextlib.suppress(ProcessLookupError):
            if is_marked(pid, mark):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
    return left


def launch(
    command: Sequence[str], folder: Path, environment: dict[str, str], *, below_unshare: bool, stdin: int
) -> Running:
    """Start a command in a folder, where its output is kept."""
    with (folder / "out").open("ab") as out, (folder / "err").open("ab") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
            stdin=stdin,
            stdout=out,
            stderr=err,
        )
    return Running(process, folder, below_unshare)
