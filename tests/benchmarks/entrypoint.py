"""What enlist costs at an entrypoint, beside tini and dumb-init in the same run.

Run by hand, from the top of the tree: ``PYTHONPATH=tests python -m tests.benchmarks.entrypoint``. Prints medians and
ratios: the start of an application, a stop, the memory that stays, and what is lost of signals that come early.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.control_plane import control_plane
from support.debian_package import fetched
from support.processes import STARTERS, await_that, name_of, pids_of_children, status_of
from support.subjects import APP, COMMAND, FILE, enlist_yaml

ROUNDS = 15
PID_1 = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
BLOCKED = ("env", "--block-signal=TERM,INT,HUP,QUIT")
READY = {"ready": {"exec": ["true"], "every": "10ms"}, "register": "when_ready"}
LIFECYCLES: dict[str, dict[str, Any]] = {
    "enlist at_once": {},
    "enlist when_ready": READY,
    "enlist before_start": {"register": "before_start"},
}


@contextmanager
def started(words: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a subject with an application that listens, and wait until it does."""
    out = folder / "out"
    with out.open("wb") as told, (folder / "err").open("wb") as err:
        process = subprocess.Popen([*words, *APP, "listen=15"], cwd=folder, stdout=told, stderr=err)
    try:
        await_that(lambda: b"listens" in out.read_bytes(), (folder / "err").read_text)
        yield process
    finally:
        # Its end is the application's too; killed, it would leave that behind.
        process.terminate()
        process.wait(20)


def start_s(words: Sequence[str], folder: Path) -> float:
    """Measure a start until the application has begun, by the clock that both read."""
    began_s = time.monotonic()
    with started(words, folder):
        return float((folder / "out").read_text().split()[0]) - began_s


def stop_s(words: Sequence[str], folder: Path) -> float:
    """Measure a stop of a subject at rest, until it has ended."""
    with started(words, folder) as process:
        settle(process.pid)
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        return time.monotonic() - began_s


def resident_kb(words: Sequence[str], folder: Path) -> float:
    """Return the memory of a subject at rest, without the application's."""
    with started(words, folder) as process:
        settle(process.pid)
        return float(status_of(process.pid)["VmRSS"].split()[0])


def settle(pid: int) -> None:
    """Wait until a subject has no child but the application."""
    await_that(lambda: len(pids_of_children(pid)) == 1)


def lost_of(before: Sequence[str], words: Sequence[str], folder: Path) -> int:
    """Count the signals that a first process loses, of 20 that come 1 to 191 ms after its start."""
    lost = 0
    for delay_ms in range(1, 201, 10):
        with (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [*PID_1, *before, *words, "sleep", "60"], cwd=folder, stdout=err, stderr=err
            )
        await_that(lambda: pids_of_children(process.pid))  # noqa: B023 - is called before the next one
        (init,) = pids_of_children(process.pid)
        await_that(lambda: name_of(init) not in STARTERS)  # noqa: B023 - see above
        time.sleep(delay_ms / 1000)
        os.kill(init, signal.SIGTERM)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            lost += 1
        process.kill()
        process.wait()
    return lost


def compare(
    what: str,
    unit: str,
    measure: Callable[[Sequence[str], Path], float],
    subjects: Mapping[str, tuple[Sequence[str], Path]],
) -> None:
    """Measure all in turn, and print each one's median and how often tini's that is."""
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, (words, folder) in subjects.items():
            measured[name].append(measure(words, folder))
    for name, values in measured.items():
        ratio = statistics.median(mine / tinis for mine, tinis in zip(values, measured["tini"], strict=True))
        sys.stdout.write(
            f"{what:<8} {name:<22} {statistics.median(values):10.3f} {unit}, {ratio:6.1f} of tini\n"
        )


def main() -> None:
    """Print the comparisons."""
    with tempfile.TemporaryDirectory() as top, control_plane() as plane:
        subjects: dict[str, tuple[Sequence[str], Path]] = {
            "tini": ([str(fetched("tini", "tini")), "-s", "--"], Path(top)),
            "dumb-init": ([str(fetched("dumb-init", "dumb-init")), "--"], Path(top)),
        }
        for name, lifecycle in LIFECYCLES.items():
            folder = Path(top) / name
            folder.mkdir()
            (folder / FILE).write_text(enlist_yaml(plane.url, lifecycle), encoding="utf-8")
            subjects[name] = ([COMMAND, "run", FILE, "--plain", "--"], folder)
        compare("start", "s", start_s, subjects)
        compare("stop", "s", stop_s, subjects)
        compare("memory", "kB", resident_kb, subjects)
        words, folder = subjects["enlist at_once"]
        for name, before in (("without protection", ()), ("with env --block-signal", BLOCKED)):
            lost = lost_of(before, words, folder)
            sys.stdout.write(f"early signals {name}: {lost} of 20 lost\n")


if __name__ == "__main__":
    main()
