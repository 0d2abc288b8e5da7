"""A stop is bounded: deregistration, drain, the application's own time, and the end of whoever is left."""

import signal
import time

import pytest
from pid1.conftest import Start
from support.control_plane import SILENT, ControlPlane
from support.processes import await_that
from support.subjects import (
    APP,
    DUMB_INIT,
    FILE,
    INIT,
    PATIENT,
    TINI,
    WITH_UNDO,
    Subject,
    Way,
    both_ways,
    for_ours,
    subjects,
)

LATE_S = 15.0
"""Added to what a stop takes: a busy machine is late, and what never ends takes longer."""

ANOTHER_S = 0.2
"""One request to stop may come as two signals, from a terminal and from a wrapper; after this it is a second one."""


@subjects(INIT)
@both_ways
def test_whoever_heeds_no_signal_is_killed_at_the_deadline_with_its_group(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(
        subject,
        way,
        [*APP, "stubborn=60", "listen"],
        lifecycle={"stop": {"deadline": "2s", "deregister": "500ms"}},
    )
    running.await_word("listens")
    at_s = running.send(signal.SIGTERM)

    assert running.wait() == 137
    assert 1.95 < time.monotonic() - at_s < 2 + LATE_S
    assert running.values("heard") == ["15"]


@for_ours
@both_ways
def test_a_stop_may_be_given_months(start: Start, subject: Subject, way: Way) -> None:
    months = {"stop": {"deadline": "1440h"}, "platform_stop_timeout": "1500h"}
    running = start(subject, way, [*APP, "listen=15:3:0.2"], lifecycle=months)
    running.await_word("listens")
    running.send(signal.SIGTERM)

    assert running.wait() == 3


@subjects(TINI, DUMB_INIT)
@both_ways
def test_the_peers_wait_for_ever(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "listen"])
    running.await_word("listens")

    for number in (15, 15, 2):
        running.send(number)
        running.await_word("heard", value=str(number))

    assert running.process.poll() is None


@for_ours
@both_ways
def test_the_deregistration_comes_before_the_signal_for_the_application(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "listen=15:3"], lifecycle={"stop": PATIENT}, top=WITH_UNDO)
    running.await_word("listens")
    running.await_registered()
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert plane.requests == ["PUT /service", "DELETE /service"]
    assert plane.asked[-1].at_s < running.times_s("heard")[0]


@pytest.mark.parametrize("now", ["version: 1\n", None], ids=["another", "gone"])
@for_ours
@both_ways
def test_what_was_registered_is_undone_as_its_file_said_whatever_lies_there_now(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, now: str | None
) -> None:
    running = start(subject, way, [*APP, "listen=15:3"], lifecycle={"stop": PATIENT}, top=WITH_UNDO)
    running.await_word("listens")
    running.await_registered()
    await_that(lambda: running.registrar is None, lambda: f"its registrar stays:\n{running}")
    if now is None:
        (running.folder / FILE).unlink()
    else:
        (running.folder / FILE).write_text(now, encoding="utf-8")
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert plane.requests == ["PUT /service", "DELETE /service"]


@pytest.mark.parametrize("end", ["is silent", "has gone"])
@for_ours
@both_ways
def test_a_deregistration_that_no_server_answers_costs_its_own_time_and_none_of_the_applications(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, end: str
) -> None:
    plane.answers["DELETE /service"] = (SILENT,)
    running = start(
        subject,
        way,
        [*APP, "listen=15:3:1.5"],
        lifecycle={"stop": {"deadline": "60s", "deregister": "1s"}, "platform_stop_timeout": "70s"},
        top=WITH_UNDO,
    )
    running.await_word("listens")
    running.await_registered()
    if end == "has gone":
        plane.server.close()
    at_s = running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert 0.9 < running.times_s("heard")[0] - at_s < 1 + LATE_S
    assert running.values("ends") == [""]


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
@for_ours
@both_ways
def test_a_second_signal_skips_what_is_left_of_the_deregistration(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, second: signal.Signals
) -> None:
    plane.answers["DELETE /service"] = (SILENT,)
    running = start(
        subject,
        way,
        [*APP, "listen=15:3"],
        lifecycle={"stop": {**PATIENT, "signal": "TERM"}},
        top=WITH_UNDO,
    )
    running.await_word("listens")
    running.await_registered()
    first_s = running.send(signal.SIGTERM)
    plane.await_request("DELETE /service")
    await_that(lambda: time.monotonic() > first_s + ANOTHER_S)
    at_s = running.send(second)

    assert running.wait() == 3
    assert running.times_s("heard")[0] - at_s < LATE_S


@for_ours
@both_ways
def test_the_application_works_on_while_traffic_drains(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(
        subject, way, [*APP, "listen=15:3"], lifecycle={"stop": {**PATIENT, "drain": "1s"}}, top=WITH_UNDO
    )
    running.await_word("listens")
    running.await_registered()
    running.send(signal.SIGTERM)
    left_s = plane.await_request("DELETE /service")

    assert running.wait() == 3
    assert 0.9 < running.times_s("heard")[0] - left_s < 1 + LATE_S


@for_ours
@both_ways
def test_a_second_signal_skips_what_is_left_of_the_drain(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    stop = {**PATIENT, "deadline": "90s", "drain": "30s"}
    running = start(subject, way, [*APP, "listen=15:3"], lifecycle={"stop": stop}, top=WITH_UNDO)
    running.await_word("listens")
    running.await_registered()
    first_s = running.send(signal.SIGTERM)
    plane.await_request("DELETE /service")
    await_that(lambda: time.monotonic() > first_s + ANOTHER_S)
    at_s = running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.times_s("heard")[0] - at_s < LATE_S


@for_ours
@both_ways
def test_an_application_that_ends_by_itself_is_taken_back(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "listen=1:4"], lifecycle={"stop": PATIENT}, top=WITH_UNDO)
    running.await_word("listens")
    running.await_registered()
    running.send(signal.SIGHUP)

    assert running.wait() == 4
    assert plane.requests == ["PUT /service", "DELETE /service"]


@for_ours
@both_ways
def test_what_has_just_been_registered_is_taken_back_too(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    for number in range(1, 4):
        running = start(subject, way, [*APP, "listen=15:3"], lifecycle={"stop": PATIENT}, top=WITH_UNDO)
        running.await_word("listens")
        await_that(lambda: "service: registered" in running.err, lambda: f"not registered:\n{running}")  # noqa: B023
        running.send(signal.SIGTERM)

        assert running.wait() == 3
        assert plane.requests == ["PUT /service", "DELETE /service"] * number


@for_ours
@both_ways
def test_other_signals_go_on_arriving_during_the_deregistration(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    plane.answers["DELETE /service"] = (SILENT,)
    running = start(
        subject,
        way,
        [*APP, "listen=15:3"],
        lifecycle={"stop": PATIENT},
        top=WITH_UNDO,
    )
    running.await_word("listens")
    running.await_registered()
    first_s = running.send(signal.SIGTERM)
    plane.await_request("DELETE /service")
    running.send(signal.SIGUSR1)
    running.await_word("heard", value="10")
    await_that(lambda: time.monotonic() > first_s + ANOTHER_S)
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard") == ["10", "15"]
