"""A signal that comes while we start is not lost, where the line in the documentation is used.

An interpreter needs some 15 ms before it can hold signals, and the first process of a namespace ignores those that
it has no handlers for. ``env --block-signal`` holds them from the first moment; so does an init in front.
"""

import signal
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from entrypoint.conftest import Start, peer
from entrypoint.processes import await_that
from entrypoint.running import Running
from entrypoint.subjects import APP, TINI, WITH_DEAD_PLANE, Subject, Way, as_pid_1, subjects

BLOCKED = ("env", "--block-signal=TERM,INT,HUP,QUIT")
AT_ONCE = 4
LONGEST_MS = 200
EVERY_MS = 4


def comm_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def has_begun(running: Running, starters: Sequence[str]) -> bool:
    return comm_of(running.init) not in starters


def lost(
    start: Start, subject: Subject, way: Way, number: int, first_ms: int, before: Sequence[str], register: str
) -> list[str]:
    """Send a signal at each of many moments after the start; return what became of those that did not end by it."""

    def try_at(delay_ms: int) -> str | None:
        running = start(subject, way, [*APP, "sleep=60"], before=before, lifecycle={"register": register})
        await_that(lambda: has_begun(running, ("unshare", "env")), lambda: f"nothing began:\n{running}")
        time.sleep(delay_ms / 1000)
        running.send(number)
        try:
            status = running.process.wait(10)
        except subprocess.TimeoutExpired:
            return f"{delay_ms} ms: lost"
        return None if status == 128 + number else f"{delay_ms} ms: {status}\n{running}"

    moments = range(first_ms, LONGEST_MS + 1, EVERY_MS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for each in pool.map(try_at, moments) if each is not None]


@pytest.mark.parametrize(
    ("first_ms", "number", "register"),
    [(1, 15, "before_start"), (2, 2, "at_once"), (3, 1, "before_start"), (4, 3, "at_once")],
    ids=["TERM", "INT", "HUP", "QUIT"],
)
@subjects(WITH_DEAD_PLANE)
@as_pid_1
def test_no_signal_is_lost_whenever_it_comes(
    start: Start, subject: Subject, way: Way, first_ms: int, number: int, register: str
) -> None:
    if subprocess.run([*BLOCKED, "true"], capture_output=True, check=False, timeout=20).returncode != 0:
        pytest.skip("env of this machine cannot block signals")

    assert lost(start, subject, way, number, first_ms, BLOCKED, register) == []


@subjects(WITH_DEAD_PLANE)
@as_pid_1
def test_no_signal_is_lost_behind_tini(start: Start, subject: Subject, way: Way) -> None:
    tini = peer(TINI.name)
    if not isinstance(tini, str):
        pytest.skip(f"NOT TESTED BEHIND tini: {tini}")

    assert lost(start, subject, way, signal.SIGTERM, 1, (tini, "--"), "before_start") == []


@subjects(WITH_DEAD_PLANE)
@pytest.mark.parametrize("way", [Way.PROCESS], ids=str)
def test_a_process_that_is_not_pid_1_loses_none_by_itself(start: Start, subject: Subject, way: Way) -> None:
    assert lost(start, subject, way, signal.SIGTERM, 3, (), "before_start") == []
