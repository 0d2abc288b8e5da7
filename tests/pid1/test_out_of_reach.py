"""What keeps signals from an application: it is stopped, in another group, another user's, or there is no /proc."""

import os
import signal
import time

import pytest
from pid1.conftest import Start
from support.processes import await_that, seen
from support.subjects import APP, INIT, Subject, Way, both_ways, subjects

WITHOUT_PROC = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount -t tmpfs none /proc && exec "$@"',
    "sh",
)
WITHOUT_CAP_KILL = ("setpriv", "--bounding-set=-kill", "--inh-caps=-kill")
NOBODY_S_NUMBER = 65534
LATE_S = 15.0

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change what a process may do")


@subjects(INIT)
@both_ways
def test_an_application_that_is_stopped_is_woken_to_its_end(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "listen=15:3"])
    running.await_word("listens")
    app = running.app.pid
    os.kill(app, signal.SIGSTOP)
    await_that(lambda: (found := seen(app)) and found.state == "T", lambda: f"it runs on:\n{running}")

    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard") == ["15", "18"][: len(running.values("heard"))]


@subjects(INIT)
@both_ways
def test_an_application_in_another_group_is_reached(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "regroup", "listen=15:3"])
    running.await_word("listens")

    running.send(signal.SIGUSR1)
    running.await_word("heard", value="10")
    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard", "leader") == ["15"]


@subjects(INIT)
@both_ways
def test_an_application_that_left_others_in_its_group_is_reached_with_them(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "survivor=0.1", "regroup", "listen=15:3"])
    running.await_word("listens")

    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard") == ["15"]
    assert running.values("heard", "survivor") == ["15"]


@needs_root
@subjects(INIT)
@both_ways
def test_an_application_of_another_user_is_told_of_and_not_waited_for_beyond_the_deadline(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(
        subject,
        way,
        [*APP, f"user={NOBODY_S_NUMBER}", "listen=15:3"],
        before=WITHOUT_CAP_KILL,
        lifecycle={"stop": {"deadline": "1s"}},
    )
    running.await_word("listens")
    at_s = running.send(signal.SIGTERM)

    assert running.wait() == 137
    assert 0.95 < time.monotonic() - at_s < 1 + LATE_S
    assert (
        "the application cannot be sent SIGTERM: it runs as another user, and CAP_KILL is missing"
        in running.err
    )
    assert running.values("heard") == []


@needs_root
@subjects(INIT)
@both_ways
def test_without_proc_a_group_is_signalled_and_waited_for(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "survivor=0.3", "listen=15:3"], before=WITHOUT_PROC)
    running.await_word("listens")

    running.send(signal.SIGTERM)

    assert running.wait() == 3
    assert running.values("heard") == ["15"]
    assert len(running.values("cleaned", "survivor")) == 1


@needs_root
@subjects(INIT)
@both_ways
def test_without_proc_the_group_of_an_application_that_ended_by_itself_is_told(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "survivor=0.3", "exit=4"], before=WITHOUT_PROC)

    assert running.wait() == 4
    assert running.values("heard", "survivor") == ["15"]
    assert len(running.values("cleaned", "survivor")) == 1
