"""Whom the application leaves behind: orphans are reaped, survivors are told, waited for and then killed."""

import os
import re
import signal
import time

import pytest
from pid1.conftest import Start
from support.control_plane import ControlPlane
from support.processes import Seen, await_that, children_of, descendants_of, has_pending, inner_pid
from support.running import Running
from support.subjects import (
    APP,
    DUMB_INIT,
    INIT,
    NOBODY,
    TINI,
    WITH_DEAD_PLANE,
    Subject,
    Way,
    as_pid_1,
    both_ways,
    for_all,
    for_all_and_every_plane,
    subjects,
)

SHORT_STOP = {"stop": {"deadline": "1s"}}


def orphans_of(running: Running) -> list[Seen]:
    """Return the children of the init that it did not start: those of the application's command line, without it."""
    return [each for each in children_of(running.init) if is_orphan(each, running.app.pid)]


def is_orphan(each: Seen, app: int) -> bool:
    return each.pid != app and (each.state == "Z" or "child.py" in " ".join(each.words))


@for_all_and_every_plane
def test_of_100_orphans_none_stays_a_zombie(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "orphans=100:0.3", "listen=15:7"])
    running.await_word("orphaned")
    came = len(orphans_of(running))

    await_that(lambda: not orphans_of(running), lambda: f"left: {orphans_of(running)}")
    running.send(signal.SIGTERM)

    is_reaper = way is Way.PID_1 or subject.answer("is subreaper", otherwise=True)
    assert (came > 0) == is_reaper
    assert running.wait() == 7


@subjects(INIT)
@both_ways
def test_a_survivor_that_never_stands_still_is_waited_for_and_then_killed(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "restless", "exit=3"], lifecycle=SHORT_STOP)
    status, took_s = running.wait_timed()

    assert status == 3
    assert took_s > 0.9
    assert "what is left is killed" in running.err
    moves = len(running.values("moves"))
    time.sleep(0.1)  # a look at all processes would miss it
    assert len(running.values("moves")) == moves


@subjects(NOBODY)
@as_pid_1
def test_without_an_init_100_orphans_stay_zombies(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "orphans=100:0.1", "zombies", "exit=0"])

    assert running.wait() == 0
    assert running.values("zombies") == ["100"]


@subjects(INIT)
@both_ways
def test_no_line_is_said_of_orphans_that_were_reaped(start: Start, subject: Subject, way: Way) -> None:
    told = []
    for act in ("report", "orphans=20:0"):
        running = start(subject, way, [*APP, act, "listen=1:0"])
        running.await_word("listens")
        running.await_registered()
        running.send(signal.SIGHUP)
        assert running.wait() == 0
        told.append(re.sub("[0-9.:]+m?s?", "", running.err))

    assert told[0] == told[1]


@subjects(WITH_DEAD_PLANE, TINI, DUMB_INIT)
@both_ways
def test_a_storm_of_orphans_costs_nobody_a_status(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [*APP, "orphans=1000:0.5", "children=50:7", "listen=15:9"])
    assert running.await_word("wrong").value == "0"

    await_that(lambda: not orphans_of(running), lambda: f"left: {orphans_of(running)}")
    if subject.is_ours:
        plane.server.open()
        plane.await_request("PUT /service")
    running.send(signal.SIGTERM)

    assert running.wait() == 9


def ends_after_clean_up(subject: Subject) -> bool:
    return bool(subject.answer("survivors", "waited for") == "waited for")


@pytest.mark.parametrize("kind", ["survivor", "loner"])
@for_all
@as_pid_1
def test_who_survives_the_application_is_waited_for(
    start: Start, subject: Subject, way: Way, kind: str
) -> None:
    running = start(subject, way, [*APP, f"{kind}=0.5", "listen=15:3"])
    running.await_word("listens")

    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert bool(running.values("cleaned", kind)) == ends_after_clean_up(subject)


@pytest.mark.parametrize("kind", ["survivor", "loner"])
@subjects(INIT)
@both_ways
def test_an_application_that_ends_by_itself_leaves_survivors_that_are_told_and_waited_for(
    start: Start, subject: Subject, way: Way, kind: str
) -> None:
    running = start(subject, way, [*APP, f"{kind}=0.5", "exit=4"])

    assert running.wait() == 4
    assert running.values("heard", kind) == ["15"]
    assert len(running.values("cleaned", kind)) == 1


@subjects(INIT)
@both_ways
def test_a_survivor_hears_once_what_it_got_with_the_application(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "survivor=0.5", "listen=15:3"])
    running.await_word("listens")
    running.await_word("begins", "survivor")

    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard", "survivor") == ["15"]


@subjects(INIT)
@both_ways
def test_a_survivor_that_heeds_nothing_is_killed_at_the_deadline(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "stubborn=60", "exit=4"], lifecycle=SHORT_STOP)
    began_s = running.await_word("begins", "stubborn").at_s

    assert running.wait() == 4
    assert 0.9 < time.monotonic() - began_s < 30  # what survives would live for 60


@subjects(INIT)
@as_pid_1
def test_a_process_that_got_the_number_of_the_application_gets_none_of_its_signals(
    start: Start, subject: Subject, way: Way
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may choose the next process id")
    running = start(subject, way, [*APP, "report", "heir", "listen=15:3"])
    running.await_word("listens")
    app = int(running.values("pid")[0])

    running.send(signal.SIGTERM)
    running.await_word("listens", "stranger")
    assert running.values("pid", "stranger") == [str(app)]
    running.send(signal.SIGUSR1)
    running.send(signal.SIGWINCH)
    await_that(lambda: not has_pending(running.init), lambda: f"signals wait:\n{running}")
    (stranger,) = (each for each in descendants_of(running.init) if inner_pid(each) == app)
    os.kill(stranger, signal.SIGUSR2)

    assert running.wait() == 3
    assert running.values("heard", "stranger") == ["12"]
