"""With ``--exec`` nobody stays: the application is this process, as if it had been started in our place."""

import pytest
from pid1.conftest import Start
from support.control_plane import SILENT, ControlPlane
from support.processes import inner_pid
from support.subjects import APP, WITH_BEATS, WITH_UNDO, Subject, Way, both_ways, for_ours

EXEC = ("--exec",)
BEFORE = {"register": "before_start"}


@for_ours
@both_ways
def test_the_application_has_our_number_and_words_of_its_own(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(
        subject,
        way,
        [*APP, "report", "listen=1:7"],
        options=EXEC,
        lifecycle=BEFORE,
        environment={"PYTHONPATH": "of-the-application"},
    )
    running.await_word("listens")

    assert running.values("pid") == [str(inner_pid(running.init))]
    assert running.values("argv") == [repr([APP[-1], "report", "listen=1:7"])]
    assert running.values("pythonpath") == ["of-the-application"]
    assert running.values("cwd") == [str(running.folder)]
    assert plane.requests == ["PUT /service"]
    running.send(1)
    assert running.wait() == 7


@for_ours
@both_ways
def test_nothing_of_ours_is_left_in_the_process(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "report"], options=EXEC, lifecycle=BEFORE)

    assert running.wait() == 0
    assert running.values("fds") == ["0,1,2"]
    assert running.values("Threads") == ["1"]


@for_ours
@both_ways
def test_signals_are_as_a_program_expects_them(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, ["cat", "/proc/self/status"], options=EXEC, lifecycle=BEFORE)

    assert running.wait() == 0
    sets = dict(
        line.split(":\t") for line in running.out.splitlines() if line.startswith(("SigIgn", "SigBlk"))
    )
    assert sets == {"SigIgn": "0" * 16, "SigBlk": "0" * 16}


@for_ours
@both_ways
def test_a_registration_that_fails_starts_no_application(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (400,)
    running = start(subject, way, [*APP, "report"], options=EXEC, lifecycle=BEFORE)

    assert running.wait() == 76
    assert running.out == ""


@for_ours
@both_ways
def test_a_program_that_is_not_found_is_127_and_nothing_is_sent(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, ["no-such-program-anywhere"], options=EXEC, lifecycle=BEFORE)

    assert running.wait() == 127
    assert plane.requests == []


@for_ours
@both_ways
def test_a_stop_before_the_application_ends_the_run(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (SILENT,)
    running = start(subject, way, [*APP, "report"], options=EXEC, lifecycle=BEFORE)
    plane.await_request("PUT /service")
    running.send(15)

    assert running.wait() == 143
    assert running.out == ""


@pytest.mark.parametrize(
    ("lifecycle", "top"),
    [
        ({"register": "at_once"}, {}),
        (BEFORE, WITH_UNDO),
        (BEFORE, WITH_BEATS),
    ],
    ids=["at_once", "something to deregister", "a heartbeat"],
)
@for_ours
def test_a_file_that_needs_somebody_to_stay_is_refused(
    start: Start, subject: Subject, plane: ControlPlane, lifecycle: dict[str, str], top: dict[str, object]
) -> None:
    running = start(subject, Way.PROCESS, [*APP, "report"], options=EXEC, lifecycle=lifecycle, top=top)

    assert running.wait() == 2
    assert "--exec" in running.err
    assert running.out == ""
    assert plane.requests == []
