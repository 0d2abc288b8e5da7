"""What recipes promise, on the real server of each control plane: one story for all of them."""

import time

import pytest
from support.plane_runs import Runs
from support.plane_server import Server
from support.processes import await_that

pytestmark = pytest.mark.planes

TWO_BEATS_S = 2.5
"""And a little more."""


def await_found(server: Server, runs_said: object = "") -> None:
    """Wait until the registration is seen from outside."""
    await_that(server.has_it, lambda: f"it is not there\n{runs_said}", within_s=40)


def test_a_service_outlives_its_control_plane(server: Server, runs: Runs) -> None:
    run = runs.start()
    server.launch()  # it races the run, which has begun already
    server.await_ready()
    await_found(server, run.said)
    run.await_registered()

    server.freeze(TWO_BEATS_S)
    await_found(server, run.said)

    server.kill()
    server.launch()
    server.await_ready()
    await_found(server, run.said)

    server.kill(with_data=False)
    server.launch()
    server.await_ready()
    await_found(server, run.said)
    assert run.process.poll() is None, run.said


def test_a_second_run_takes_nothing_away_from_the_first(server: Server, runs: Runs) -> None:
    server.run()
    first = runs.start()
    first.await_registered()
    second = runs.start()
    second.await_registered()
    assert second.end() == 0, second.said
    time.sleep(TWO_BEATS_S)  # what the second took away is put back with a beat
    await_found(server, first.said)
    first.await_registered()

    assert first.end() == 0, first.said
    assert server.has_it() is not server.plane.goes, first.said


def test_a_mistake_for_good_ends_at_the_first_answer_with_a_hint(server: Server, runs: Runs) -> None:
    server.run()
    status, said, took_s = runs.ended(**server.plane.mistake)
    wanted, words = server.plane.refused

    assert status == wanted, said
    assert words in said, said
    assert "hint: " in said, said
    assert took_s < 15, said
