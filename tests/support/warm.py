"""The command in a process of its own that need not import anything: a copy of one that has.

An interpreter that imports what talks HTTP takes up to a second of a small machine, and the suite runs the command a
thousand times. What is about the start itself (what is imported, what the environment does to an interpreter, closed
streams, PID 1) starts the real thing.
"""

import multiprocessing
import os
import pkgutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from runner import commands
from runner.__main__ import entry

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [__name__, *(module.name for module in pkgutil.iter_modules(commands.__path__, "runner.commands."))]
)


@dataclass(frozen=True, slots=True)
class WarmProcess:
    """A run under way; with the names of ``subprocess.Popen``, which stands in its place elsewhere."""

    _process: ForkServerProcess

    @property
    def pid(self) -> int:
        """Its number."""
        pid = self._process.pid
        assert pid is not None
        return pid

    def poll(self) -> int | None:
        """Return its exit status, if it has ended; death by a signal is minus its number."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Wait for its end and return the exit status.

        Raises:
            subprocess.TimeoutExpired: it has not ended in so many seconds.
        """
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("enlist", timeout)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()


def start(
    words: Sequence[str], cwd: Path, environment: Mapping[str, str], streams: Sequence[Path]
) -> WarmProcess:
    """Start ``enlist``.

    Args:
        words: its arguments.
        cwd: where.
        environment: all of it.
        streams: the files of standard input, output and error.
    """
    for each in streams[1:]:
        each.touch(0o600)
    paths = [str(each) for each in streams]
    process = _CONTEXT.Process(target=_become, args=(list(words), str(cwd), dict(environment), paths))
    process.start()
    return WarmProcess(process)


def run(
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    stdin: bytes = b"",
    within_s: float = 60,
    command: Sequence[str | Path] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``enlist`` to its end and return what it said.

    Args:
        words: its arguments.
        cwd: where.
        environment: all of it.
        stdin: what it reads.
        within_s: how long it may take.
        command: what is started in its place, as it is, where the start is what is tested.

    Raises:
        subprocess.TimeoutExpired: it has not ended by itself in time.
    """
    if command is not None:
        return subprocess.run(
            [*command, *words],
            cwd=cwd,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=within_s,
            check=False,
        )
    with TemporaryDirectory() as folder:
        said, out, err = streams = [Path(folder) / name for name in ("in", "out", "err")]
        said.write_bytes(stdin)
        process = start(words, cwd, environment, streams)
        try:
            status = process.wait(within_s)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, status, out.read_bytes(), err.read_bytes())


def _become(words: list[str], cwd: str, environment: dict[str, str], streams: list[str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_APPEND), number)
    # As an interpreter opens them when it starts; they stay as long as the process.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - see above
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - see above
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115 - see above
    sys.argv = ["enlist", *words]
    entry()
