"""A signal that comes while we start is not lost, where the line in the documentation is used.

An interpreter needs some 15 ms before it can hold signals, and the first process of a namespace ignores those that
it has no handlers for. ``env --block-signal`` holds them from the first moment; so does an init in front.
"""

import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from pid1.conftest import Start, peer
from support.processes import STARTERS, await_that, name_of
from support.subjects import APP, TINI, WITH_DEAD_PLANE, Subject, Way, as_pid_1, subjects

BLOCKED = ("env", "--block-signal=TERM,INT,HUP,QUIT")
AT_ONCE = 4
GIVEN_UP_S = 20.0
MOMENTS_MS = range(1, 201)
UNTIL_TINI_IS_THERE = 8
"""tini itself needs a moment: on a busy machine a signal in its first milliseconds finds it without a handler."""


def lost(
    start: Start,
    subject: Subject,
    way: Way,
    number: int,
    moments_ms: Iterable[int],
    before: Sequence[str],
    register: str,
) -> list[str]:
    """Send a signal at each of many moments after the start; return what became of those that did not end by it."""

    def try_at(delay_ms: int) -> str | None:
        running = start(subject, way, [*APP, "sleep=60"], before=before, lifecycle={"register": register})
        await_that(lambda: name_of(running.init) not in STARTERS, lambda: f"nothing began:\n{running}")
        time.sleep(delay_ms / 1000)
        running.send(number)
        try:
            status = running.process.wait(GIVEN_UP_S)
        except subprocess.TimeoutExpired:
            return f"{delay_ms} ms: lost\n{running}"
        # Before there are handlers a process that is not the first one ends by the signal itself.
        ended_by_it = (128 + number,) if way is Way.PID_1 else (128 + number, -number)
        return None if status in ended_by_it else f"{delay_ms} ms: {status}\n{running}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for each in pool.map(try_at, moments_ms) if each is not None]


@pytest.mark.parametrize(
    ("first", "number", "register"),
    [(0, 15, "before_start"), (1, 2, "at_once"), (2, 1, "before_start"), (3, 3, "at_once")],
    ids=["TERM", "INT", "HUP", "QUIT"],
)
@subjects(WITH_DEAD_PLANE)
@as_pid_1
def test_no_signal_is_lost_whenever_it_comes(
    start: Start, subject: Subject, way: Way, first: int, number: int, register: str
) -> None:
    if subprocess.run([*BLOCKED, "true"], capture_output=True, check=False, timeout=20).returncode != 0:
        pytest.skip("env of this machine cannot block signals")

    assert lost(start, subject, way, number, MOMENTS_MS[first::4], BLOCKED, register) == []


@subjects(WITH_DEAD_PLANE)
@as_pid_1
def test_no_signal_is_lost_behind_tini(start: Start, subject: Subject, way: Way) -> None:
    tini = peer(TINI.name)
    if not isinstance(tini, str):
        pytest.skip(f"NOT TESTED BEHIND tini: {tini}")

    assert (
        lost(
            start,
            subject,
            way,
            signal.SIGTERM,
            MOMENTS_MS[UNTIL_TINI_IS_THERE::4],
            (tini, "--"),
            "before_start",
        )
        == []
    )


@subjects(WITH_DEAD_PLANE)
@pytest.mark.parametrize("way", [Way.PROCESS], ids=str)
def test_a_process_that_is_not_pid_1_loses_none_by_itself(start: Start, subject: Subject, way: Way) -> None:
    assert lost(start, subject, way, signal.SIGTERM, MOMENTS_MS[::10], (), "before_start") == []
