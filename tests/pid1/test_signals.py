"""Every signal that can be caught arrives, where it should, as what it should."""

import os
import signal

import pytest
from pid1.conftest import Start
from support.control_plane import ControlPlane
from support.processes import children_of
from support.running import Running
from support.subjects import (
    APP,
    DUMB_INIT,
    INIT,
    PATIENT,
    TINI,
    WITH_UNDO,
    Subject,
    Way,
    both_ways,
    for_all,
    for_all_and_every_plane,
    subjects,
)

STOPPING = {2, 3, 15}
SUSPENDING = {20, 21, 22}
FORWARDED = sorted({*range(1, 32), 34, 50, 64} - {9, 17, 19} - STOPPING - SUSPENDING)
FOR_GROUP = {"tini": ("-g",)}
FOR_APP = {"dumb-init": ("-c",)}
TO_APP = {"signals": {"deliver_to": "app"}}


def heard(running: Running, who: str = "app") -> list[int]:
    return [int(each) for each in running.values("heard", who)]


@for_all_and_every_plane
def test_each_signal_arrives_in_its_turn(start: Start, subject: Subject, way: Way) -> None:
    expected = [each for each in FORWARDED if each not in subject.answer("not forwarded", set())]
    running = start(subject, way, [*APP, "listen=15"])
    running.await_word("listens")

    for number in expected:
        running.send(number)
        running.await_word("heard", value=str(number))

    assert heard(running) == expected


@pytest.mark.parametrize("number", sorted(STOPPING), ids=lambda number: signal.Signals(number).name)
@for_all
@both_ways
def test_a_signal_that_stops_arrives_as_itself_and_the_status_is_the_applications(
    start: Start, subject: Subject, way: Way, number: int
) -> None:
    running = start(subject, way, [*APP, f"listen={number}:5"])
    running.await_word("listens")

    running.send(number)

    assert running.wait() == 5
    assert heard(running) == [number]


@for_all_and_every_plane
def test_an_application_without_handlers_ends_by_the_signal_that_was_sent(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "sleep=60"])
    running.await_word("sleeps")

    running.send(signal.SIGTERM)

    assert running.wait() == 143


@for_all
@both_ways
def test_a_signal_that_does_not_stop_leaves_the_stop_to_a_later_one(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "listen=15:5"])
    running.await_word("listens")

    for number in (1, 10, 12):  # each once: who waits for a second 1 is content with the first
        running.send(number)
        running.await_word("heard", value=str(number))
    running.send(signal.SIGTERM)

    assert running.wait() == 5
    assert heard(running) == [1, 10, 12, 15]


@subjects(INIT)
@both_ways
def test_the_signal_of_the_stop_is_the_one_that_the_file_names(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "listen=3:5"], lifecycle={"stop": {"signal": "QUIT"}})
    running.await_word("listens")

    running.send(signal.SIGTERM)

    assert running.wait() == 5
    assert heard(running) == [3]


@subjects(INIT, TINI, DUMB_INIT)
@both_ways
def test_the_whole_group_gets_a_signal(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "members=5", "listen=15:0"], options=FOR_GROUP.get(subject.name, ()))
    everyone = ["app", *(f"member-{number}" for number in range(5))]
    for who in everyone:
        running.await_word("listens", who)

    running.send(signal.SIGUSR1)
    for who in everyone:
        running.await_word("heard", who)

    assert {who: heard(running, who) for who in everyone} == {who: [10] for who in everyone}


@subjects(INIT, TINI, DUMB_INIT)
@both_ways
def test_the_application_alone_gets_a_signal_where_that_is_wanted(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(
        subject,
        way,
        [*APP, "members=5", "listen=15:0"],
        options=FOR_APP.get(subject.name, ()),
        lifecycle=TO_APP,
    )
    names = [f"member-{number}" for number in range(5)]
    for who in ("app", *names):
        running.await_word("listens", who)

    running.send(signal.SIGUSR1)
    running.await_word("heard", value="10")
    # Of two signals that wait the lower number comes first: whoever tells of the second has not had the first.
    for each in children_of(running.app.pid):
        os.kill(each.pid, signal.SIGUSR2)
    for who in names:
        running.await_word("heard", who, value="12")

    assert {who: heard(running, who) for who in names} == {who: [12] for who in names}


@subjects(INIT, DUMB_INIT)
@both_ways
def test_a_signal_arrives_as_another_or_not_at_all_where_the_map_says_so(
    start: Start, subject: Subject, way: Way
) -> None:
    options = ("--rewrite", "10:12", "--rewrite", "28:0") if subject is DUMB_INIT else ()
    rewrite = {"signals": {"rewrite": {"USR1": "USR2", "WINCH": "ignore"}}}
    running = start(subject, way, [*APP, "listen=15:0"], options=options, lifecycle=rewrite)
    running.await_word("listens")

    running.send(signal.SIGWINCH)
    running.send(signal.SIGUSR1)
    running.await_word("heard", value="12")
    running.send(signal.SIGHUP)
    running.await_word("heard", value="1")
    running.send(signal.SIGTERM)

    assert running.wait() == 0
    assert heard(running) == [12, 1, 15]


@subjects(INIT, DUMB_INIT)
@both_ways
def test_a_signal_that_becomes_one_that_stops_begins_the_stop(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    options = ("--rewrite", "1:3") if subject is DUMB_INIT else ()
    running = start(
        subject,
        way,
        [*APP, "listen=3:5"],
        options=options,
        lifecycle={"signals": {"rewrite": {"HUP": "QUIT"}}, "stop": PATIENT},
        top=WITH_UNDO,
    )
    running.await_word("listens")
    if subject.is_ours:
        running.await_registered()

    running.send(signal.SIGHUP)

    assert running.wait() == 5
    assert heard(running) == [3]
    assert plane.requests == (["PUT /service", "DELETE /service"] if subject.is_ours else [])


@pytest.mark.parametrize(
    "rewrite",
    [
        {"NOSUCH": "TERM"},
        {"HUP": "NOSUCH"},
        {"KILL": "TERM"},
        {"CHLD": "TERM"},
        {"HUP": ["TERM"]},
        "HUP:TERM",
    ],
    ids=str,
)
@subjects(INIT)
def test_a_map_that_cannot_hold_is_refused_before_anything_starts(
    start: Start, subject: Subject, plane: ControlPlane, rewrite: object
) -> None:
    running = start(subject, Way.PROCESS, [*APP, "exit=0"], lifecycle={"signals": {"rewrite": rewrite}})

    assert running.wait() == 78
    assert "rewrite" in running.err
    assert running.out == ""
    assert plane.requests == []


@subjects(INIT)
@both_ways
def test_signals_that_were_ignored_when_we_were_started_reach_who_handles_them_and_end_nothing(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "listen=15:3"], before=("env", "--ignore-signal=HUP,INT,QUIT"))
    running.await_word("listens")

    for number in (1, 2, 3):
        running.send(number)
        running.await_word("heard", value=str(number))
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard") == ["1", "2", "3", "15"]
    assert "SIGINT: shutting down" not in running.err
