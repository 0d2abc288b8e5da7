"""A machine without room for another process, or a container at its limit of them: the application is what counts."""

import os
import signal
import sys
from pathlib import Path

import pytest
from pid1.conftest import Start
from support.control_plane import ControlPlane
from support.processes import await_that
from support.running import Running
from support.subjects import APP, WITH_BEATS, WITH_UNDO, Subject, Way, both_ways, for_ours

WHERE_FORKS_FAIL = (sys.executable, "-I", str(Path(__file__).parents[1] / "support" / "no_fork.py"))


def fill(running: Running) -> None:
    (running.folder / "full").touch()


@for_ours
@both_ways
def test_a_deregistration_that_no_process_can_be_started_for_leaves_the_application_its_orderly_end(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "listen=15:3"], before=WHERE_FORKS_FAIL, top=WITH_UNDO)
    running.await_word("listens")
    running.await_registered()
    await_that(lambda: running.registrar is None, lambda: f"its registrar stays:\n{running}")
    fill(running)
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard") == ["15"]
    assert plane.requests == ["PUT /service"]
    assert "resource temporarily unavailable (a limit on processes, or memory)" in running.err


@for_ours
@both_ways
def test_a_registrar_that_there_is_no_room_for_is_started_once_there_is(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "listen=15:3"], before=WHERE_FORKS_FAIL, top=WITH_BEATS)
    running.await_word("listens")
    plane.await_request("PUT /beat")
    fill(running)
    assert running.registrar is not None
    os.kill(running.registrar.pid, signal.SIGKILL)
    await_that(lambda: "it is tried again" in running.err, lambda: f"it was not said:\n{running}")
    (running.folder / "full").unlink()
    beats = plane.requests.count("PUT /beat")
    await_that(lambda: plane.requests.count("PUT /beat") > beats, lambda: f"nobody beats:\n{running}")
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert plane.requests.count("PUT /service") == 1


@for_ours
@both_ways
def test_an_application_that_there_is_no_room_for_is_126(start: Start, subject: Subject, way: Way) -> None:
    running = start(
        subject,
        way,
        [*APP, "exit=3"],
        before=WHERE_FORKS_FAIL,
        lifecycle={"register": "before_start"},
    )
    await_that(lambda: running.registrar is not None, lambda: f"there is no registrar:\n{running}")
    fill(running)

    assert running.wait() == 126
    assert "cannot be started: resource temporarily unavailable" in running.err


@pytest.mark.parametrize("limit", range(5, 13))
@for_ours
def test_too_few_descriptors_end_in_one_line_or_are_enough(
    start: Start, subject: Subject, limit: int
) -> None:
    running = start(
        subject,
        Way.PROCESS,
        [*APP, "exit=3"],
        before=("prlimit", f"--nofile={limit}:{limit}"),
        lifecycle={"register": "before_start"},
    )

    if running.wait() != 3:
        assert running.process.returncode == 78
        assert "the limit on descriptors (ulimit -n) is too low" in running.err
        assert len(running.err.splitlines()) == 1
