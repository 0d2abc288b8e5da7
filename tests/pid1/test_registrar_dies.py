"""A registrar that is killed is started once more; one that dies twice has failed as a registration fails.

That one which hangs is noticed takes half a minute, and is tested on the state machine, where time is a number.
"""

import os
import signal
from pathlib import Path

import pytest
from pid1.conftest import Start
from support.control_plane import SILENT, ControlPlane
from support.processes import await_that
from support.running import Running
from support.subjects import APP, PATIENT, UNDONE, WITH_BEATS, WITH_UNDO, Subject, Way, both_ways, for_ours

BEFORE = {"register": "before_start"}


def kill_registrar(running: Running, but: int = 0) -> int:
    """Kill the registrar that is not this one; returns its number."""
    await_that(
        lambda: (found := running.registrar) is not None and found.pid != but,
        lambda: f"there is no new registrar:\n{running}",
    )
    found = running.registrar
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    return found.pid


def chance_of(pid: int) -> int:
    """How readily the kernel takes a process where memory runs out."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii"))


@for_ours
@both_ways
def test_where_memory_runs_out_the_kernel_takes_the_registrar_before_init(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (SILENT,)
    running = start(subject, way, [*APP, "listen=15:0"], lifecycle={"register": "at_once"})
    plane.await_request("PUT /service")
    assert running.registrar is not None
    ours = chance_of(running.init)

    assert chance_of(running.registrar.pid) == min(1000, ours + 100)
    assert chance_of(running.app.pid) == ours


@for_ours
@both_ways
def test_one_that_is_killed_while_it_reads_the_file_is_started_once_more(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "exit=5"], lifecycle=BEFORE)
    kill_registrar(running)

    assert running.wait() == 5
    assert plane.requests == ["PUT /service"]


@pytest.mark.parametrize("register", ["before_start", "at_once"])
@for_ours
@both_ways
def test_one_that_is_killed_while_it_asks_is_started_once_more(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, register: str
) -> None:
    plane.answers["PUT /service"] = (SILENT, 200)
    running = start(subject, way, [*APP, "listen=1:5"], lifecycle={"register": register})
    plane.await_request("PUT /service")
    kill_registrar(running)
    running.await_registered()
    running.await_word("listens")
    running.send(signal.SIGHUP)

    assert running.wait() == 5
    assert plane.requests == ["PUT /service"] * 2


@for_ours
@both_ways
def test_a_second_death_before_the_start_is_taken_for_a_limit_of_memory(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (SILENT,)
    running = start(subject, way, [*APP, "report"], lifecycle=BEFORE)
    plane.await_request("PUT /service")
    first = kill_registrar(running)
    plane.await_request("PUT /service", times=2)
    kill_registrar(running, but=first)

    assert running.wait() == 75
    assert "as a limit of memory does it" in running.err
    assert running.out == ""


@for_ours
@both_ways
def test_a_second_death_stops_the_application_and_is_75(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (SILENT,)
    running = start(subject, way, [*APP, "listen=15:5"])
    running.await_word("listens")
    plane.await_request("PUT /service")
    first = kill_registrar(running)
    plane.await_request("PUT /service", times=2)
    kill_registrar(running, but=first)

    assert running.wait() == 75
    assert "as a limit of memory does it" in running.err
    assert running.values("heard") == ["15"]
    assert running.values("ends") == [""]


@for_ours
@both_ways
def test_a_second_death_leaves_an_application_alone_that_is_to_be_kept(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (SILENT,)
    running = start(subject, way, [*APP, "listen=1:5"], lifecycle={"on_failure": "keep_running"})
    running.await_word("listens")
    plane.await_request("PUT /service")
    first = kill_registrar(running)
    plane.await_request("PUT /service", times=2)
    kill_registrar(running, but=first)
    await_that(lambda: "goes on without" in running.err, lambda: f"nothing was said:\n{running}")
    running.send(signal.SIGHUP)

    assert running.wait() == 5
    assert running.values("heard") == ["1"]


@for_ours
@both_ways
def test_heartbeats_go_on_after_a_death_and_nothing_is_registered_twice(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "listen=15:5"], top=WITH_BEATS)
    running.await_word("listens")
    plane.await_request("PUT /beat")
    kill_registrar(running)
    beats = plane.requests.count("PUT /beat")
    plane.await_request("PUT /beat", times=beats + 3)
    running.send(signal.SIGTERM)

    assert running.wait() == 5
    assert plane.requests.count("PUT /service") == 1


@for_ours
@both_ways
def test_a_registrar_ends_with_an_init_that_is_killed(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "listen=15:5"], top=WITH_BEATS)
    running.await_word("listens")
    plane.await_request("PUT /beat")
    found = running.registrar
    assert found is not None

    os.kill(running.init, signal.SIGKILL)

    await_that(lambda: not os.path.exists(f"/proc/{found.pid}"), lambda: "the registrar lives on")  # noqa: PTH110


@for_ours
@both_ways
def test_what_one_that_is_killed_was_sending_is_undone_at_an_end_that_follows_at_once(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["PUT /service"] = (SILENT,)
    running = start(subject, way, [*APP, "listen=15:5"], lifecycle={"stop": PATIENT}, top=WITH_UNDO)
    running.await_word("listens")
    plane.await_request("PUT /service")
    kill_registrar(running)
    running.send(signal.SIGTERM)

    assert running.wait() == 5
    assert plane.requests[-1] == "DELETE /service"


@for_ours
@both_ways
def test_an_end_that_follows_a_death_at_once_deregisters_however_long_the_next_one_takes_to_start(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    beats = {"every": "200ms", "request": {"method": "PUT", "path": "/beat"}}
    running = start(
        subject,
        way,
        [*APP, "listen=15:5"],
        lifecycle={"stop": {"deadline": "40s", "deregister": "50ms"}},
        top={"registrations": {"service": {**UNDONE, "heartbeat": beats}}},
    )
    running.await_word("listens")
    plane.await_request("PUT /beat")
    kill_registrar(running)
    await_that(lambda: "started once more" in running.err, lambda: f"it was not said:\n{running}")
    running.send(signal.SIGTERM)

    assert running.wait() == 5
    assert plane.requests[-1] == "DELETE /service"
