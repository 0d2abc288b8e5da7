"""A stop that comes while registering: everything ends at once, and what was half done is undone."""

import signal
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from pid1.conftest import Start
from support.control_plane import SILENT, ControlPlane
from support.processes import await_that
from support.subjects import (
    APP,
    ENLIST,
    PATIENT,
    PUT,
    UNDONE,
    WITH_DEAD_PLANE,
    WITH_SILENT_PLANE,
    Subject,
    Way,
    both_ways,
    subjects,
)

BEFORE = {"register": "before_start"}
TRIES = 5
"""One prompt end is enough: what is measured is what the code needs, and not how busy the machine is."""
STARTS = 3
PROMPT_S = 0.2
LATE_S = 12.0
STARTS_IN_S = 0.012
"""What an interpreter takes to start and end on the machine for which ``PROMPT_S`` holds."""


def prompt_s() -> float:
    """Return the bound for this machine and this moment: as much longer as a bare interpreter takes longer now."""
    taken_s = []
    for _ in range(STARTS):
        began_s = time.monotonic()
        subprocess.run([*APP], check=True, timeout=20)
        taken_s.append(time.monotonic() - began_s)
    return PROMPT_S * max(1.0, statistics.median(taken_s) / STARTS_IN_S)


def is_prompt(seconds: Callable[[], float]) -> bool:
    """Try until one end was prompt; return whether one was."""
    return any(seconds() < prompt_s() for _ in range(TRIES))


def seconds_to_end(start: Start, subject: Subject, way: Way, plane: ControlPlane, number: int) -> float:
    """Stop a run that has begun to ask, before its application has begun; return how long the end took."""
    known = len(plane.requests)
    running = start(subject, way, [*APP, "exit=0"], lifecycle=BEFORE)
    if subject is WITH_DEAD_PLANE:
        await_that(lambda: "unreachable" in running.err, lambda: f"nothing was tried:\n{running}")
    else:
        await_that(lambda: len(plane.requests) > known, lambda: f"nothing was asked:\n{running}")
    running.send(number)
    status, took_s = running.wait_timed()

    assert status == 128 + number
    assert running.out == ""
    assert "\n\n" not in running.err
    return took_s


@pytest.mark.parametrize("number", [1, 2, 3], ids=lambda number: signal.Signals(number).name)
@subjects(WITH_SILENT_PLANE)
@both_ways
def test_each_signal_that_stops_ends_a_run_before_its_application(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, number: int
) -> None:
    assert seconds_to_end(start, subject, way, plane, number) < LATE_S


@subjects(WITH_SILENT_PLANE)
@both_ways
def test_a_signal_that_comes_during_an_attempt_ends_the_run_at_once(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    assert is_prompt(lambda: seconds_to_end(start, subject, way, plane, signal.SIGTERM))


@subjects(WITH_DEAD_PLANE)
@both_ways
def test_a_signal_that_comes_between_two_attempts_ends_the_run_at_once(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    assert is_prompt(lambda: seconds_to_end(start, subject, way, plane, signal.SIGTERM))


@subjects(WITH_DEAD_PLANE, WITH_SILENT_PLANE)
@both_ways
def test_an_application_whose_registration_still_runs_is_told_at_once(
    start: Start, subject: Subject, way: Way
) -> None:
    def seconds_until_told() -> float:
        running = start(subject, way, [*APP, "listen=15:3"])
        running.await_word("listens")
        at_s = running.send(signal.SIGTERM)
        assert running.wait() == 3
        return running.times_s("heard")[0] - at_s

    assert is_prompt(seconds_until_told)


@subjects(ENLIST)
@both_ways
def test_what_was_registered_before_the_signal_is_undone_and_the_rest_is_not(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /second"] = (SILENT,)
    second: dict[str, Any] = {
        **UNDONE,
        "request": {"method": "PUT", "path": "/second"},
        "deregister": {"request": {"method": "DELETE", "path": "/second"}},
    }
    third = {**PUT, "request": {"method": "PUT", "path": "/third"}, "needs": ["second"]}
    running = start(
        subject,
        way,
        [*APP, "exit=0"],
        lifecycle={**BEFORE, "stop": PATIENT},
        top={"registrations": {"first": UNDONE, "second": {**second, "needs": ["first"]}, "third": third}},
    )
    plane.await_request("PUT /second")
    running.send(signal.SIGTERM)

    assert running.wait() == 143
    assert running.out == ""
    assert "DELETE /service" in plane.requests
    assert "PUT /third" not in plane.requests


@subjects(WITH_SILENT_PLANE)
@both_ways
def test_a_signal_for_an_application_that_has_not_begun_ends_nothing(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "exit=0"], lifecycle=BEFORE)
    plane.await_request("PUT /service")

    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGALRM, signal.SIGPIPE):
        running.send(number)
    running.send(signal.SIGTERM)

    assert running.wait() == 143
