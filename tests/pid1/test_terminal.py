"""A terminal is the application's: keys, resizes and job control reach it as if nobody stood between."""

import signal
from collections.abc import Iterator

import pytest
from pid1.conftest import Start
from support.control_plane import ControlPlane
from support.processes import await_that, descendants_of, seen
from support.running import Running
from support.subjects import (
    APP,
    DUMB_INIT,
    ENLIST,
    PUT,
    Subject,
    Way,
    as_a_process,
    as_pid_1,
    both_ways,
    for_all,
    for_all_and_every_plane,
    subjects,
)
from support.terminal import OWN, Terminal, terminal

CTRL_C, CTRL_Z = "\x03", "\x1a"


@pytest.fixture
def screen() -> Iterator[Terminal]:
    """A terminal of 80 by 24."""
    with terminal() as opened:
        yield opened


def state_of(pid: int) -> str | None:
    found = seen(pid)
    return found.state if found else None


def await_states(running: Running, init: str, app: str) -> None:
    """Wait until both are in these states; S stands for every state in which a process goes on."""
    pids = (running.init, running.app.pid)

    def states() -> tuple[str, ...]:
        return tuple("S" if (state := state_of(pid)) in ("R", "D") else str(state) for pid in pids)

    await_that(lambda: states() == (init, app), lambda: f"init and application are {states()}:\n{running}")


def programs_below(running: Running) -> set[str]:
    return {found.words[0] for pid in descendants_of(running.init) if (found := seen(pid)) and found.words}


@for_all_and_every_plane
def test_control_c_ends_the_application_with_130(
    start: Start, subject: Subject, way: Way, screen: Terminal
) -> None:
    running = start(subject, way, [*APP, "sleep=60"], before=OWN, stdin=screen.theirs)
    running.await_word("sleeps")

    screen.types(CTRL_C)

    assert running.wait() == 130


@subjects(ENLIST)
@both_ways
def test_control_c_is_a_signal_to_whoever_is_undone_on_one(
    start: Start, subject: Subject, way: Way, screen: Terminal, plane: ControlPlane
) -> None:
    undone = {"when": "on_signal", "request": {"method": "DELETE", "path": "/service"}}
    top = {"registrations": {"service": {**PUT, "deregister": undone}}}
    running = start(subject, way, [*APP, "sleep=60"], before=OWN, stdin=screen.theirs, top=top)
    running.await_word("sleeps")
    running.await_registered()

    screen.types(CTRL_C)

    assert running.wait() == 130
    assert plane.requests == ["PUT /service", "DELETE /service"]


@subjects(ENLIST)
@as_a_process
def test_a_run_that_was_begun_in_the_background_reads_once_it_is_brought_to_the_foreground(
    start: Start, subject: Subject, way: Way, screen: Terminal
) -> None:
    shell = ("bash", "--norc", "--noprofile", "-i", "-c", 'set -m; "$@" & sleep 0.5; fg; exit $?', "bash")
    words = ["sh", "-c", "echo asks; read line; echo got $line; exit 4"]
    running = start(subject, way, words, before=(*OWN, *shell), stdin=screen.theirs)
    await_that(lambda: "asks" in running.out, lambda: f"it does not begin:\n{running}")
    screen.types("words\n")

    assert running.wait() == 4, running
    assert "got words" in running.out


@for_all
@both_ways
def test_the_application_is_in_the_foreground(
    start: Start, subject: Subject, way: Way, screen: Terminal
) -> None:
    running = start(subject, way, [*APP, "report", "foreground"], before=OWN, stdin=screen.theirs)

    assert running.wait() == 0
    assert running.values("foreground") == running.values("pgid")


@for_all
@both_ways
def test_a_resize_reaches_the_application(start: Start, subject: Subject, way: Way, screen: Terminal) -> None:
    running = start(
        subject, way, [*APP, "foreground", "listen=28:0", "foreground"], before=OWN, stdin=screen.theirs
    )
    running.await_word("listens")

    screen.resize(132, 50)

    assert running.wait() == 0
    assert running.values("heard") == ["28"]


@for_all
@both_ways
def test_what_is_typed_is_read_by_the_application(
    start: Start, subject: Subject, way: Way, screen: Terminal
) -> None:
    running = start(subject, way, ["sh", "-c", "read line; echo got $line"], before=OWN, stdin=screen.theirs)

    screen.types("words\n")

    assert running.wait() == 0
    assert running.out == "got words\n"


@for_all
@both_ways
def test_a_shell_has_job_control(start: Start, subject: Subject, way: Way, screen: Terminal) -> None:
    shell = ["sh", "-c", "exec bash --norc --noprofile -i >/dev/tty 2>&1"]
    running = start(subject, way, shell, before=OWN, stdin=screen.theirs, environment={"PS1": "ready> "})
    screen.await_text("ready> ")

    screen.types("sleep 60 | cat\n")
    # A key that comes before both have begun still finds the shell's own dispositions.
    await_that(lambda: {"sleep", "cat"} <= programs_below(running), lambda: f"no pipeline:\n{running}")
    screen.types(CTRL_Z)
    screen.await_text("Stopped")
    screen.types("kill -KILL %1\n")
    await_that(lambda: "sleep" not in programs_below(running), lambda: f"the pipeline goes on:\n{running}")
    # A shell leaves only when it has told of all jobs.
    screen.types("jobs; exit $((40 + 2))\n")

    assert running.wait() == 42


@subjects(ENLIST)
@as_a_process
def test_control_z_in_a_shell_stops_both_and_fg_wakes_both(
    start: Start, subject: Subject, way: Way, screen: Terminal
) -> None:
    words = (
        "bash",
        "--norc",
        "--noprofile",
        "-i",
        "-c",
        'set -m; "$@"; echo suspended $?; fg; exit $?',
        "bash",
    )
    running = start(subject, way, [*APP, "sleep=0.2", "sleep=60"], before=(*OWN, *words), stdin=screen.theirs)
    running.await_word("sleeps")

    screen.types(CTRL_Z)
    await_that(lambda: "suspended" in running.out, lambda: f"the shell did not notice:\n{running}")
    await_that(lambda: len(running.values("sleeps")) == 2, lambda: f"it did not go on:\n{running}")
    screen.types(CTRL_C)

    assert running.wait() == 130


@subjects(ENLIST, DUMB_INIT)
@as_a_process
def test_a_suspend_stops_both_and_a_continue_wakes_both(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "sleep=60"])
    running.await_word("sleeps")

    running.send(signal.SIGTSTP)
    await_states(running, "T", "T")
    running.send(signal.SIGCONT)
    await_states(running, "S", "S")
    running.send(signal.SIGTERM)

    assert running.wait() == 143


@for_all
@as_pid_1
def test_pid_1_goes_on_when_the_application_is_suspended(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "sleep=60"])
    running.await_word("sleeps")

    running.send(signal.SIGTSTP)
    await_states(running, "S", "T")
    running.send(signal.SIGCONT)
    await_states(running, "S", "S")
    running.send(signal.SIGTERM)

    assert running.wait() == 143


@for_all
@as_pid_1
def test_an_application_that_is_suspended_ends_at_a_stop_once_it_is_woken(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "sleep=60"])
    running.await_word("sleeps")
    running.send(signal.SIGTSTP)
    await_states(running, "S", "T")

    running.send(signal.SIGTERM)
    running.send(signal.SIGCONT)

    assert running.wait() == 143
