"""What the application gets from us: the mask, the dispositions, the folder, the descriptors; and when we go."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from pid1.conftest import Start
from support.processes import await_that
from support.running import Running
from support.subjects import (
    APP,
    TINI,
    Subject,
    Way,
    as_a_process,
    both_ways,
    for_all,
    for_all_and_every_plane,
    for_ours,
    subjects,
)

STATUS = ("cat", "/proc/self/status")
"""Not Python, which changes the dispositions of two signals when it starts."""
IGNORED = {signal.SIGTTOU, signal.SIGSEGV, signal.SIGUSR1}
BLOCKED = {signal.SIGTTIN, signal.SIGILL, signal.SIGTERM}


def names(numbers: set[signal.Signals]) -> str:
    return ",".join(sorted(each.name.removeprefix("SIG") for each in numbers))


@pytest.fixture(scope="session")
def odd_environment() -> tuple[str, ...]:
    """Words that start something with some signals ignored and others blocked."""
    words = ("env", f"--ignore-signal={names(IGNORED)}", f"--block-signal={names(BLOCKED)}")
    if subprocess.run([*words, "true"], capture_output=True, check=False, timeout=20).returncode != 0:
        pytest.skip("env of this machine cannot block signals")
    return words


def signals_in(running: Running, name: str) -> set[int]:
    """Read one of the sets of a status."""
    (line,) = (line for line in running.out.splitlines() if line.startswith(f"{name}:"))
    bits = int(line.split()[1], 16)
    return {number for number in range(1, 65) if bits & 1 << number - 1}


@for_all_and_every_plane
def test_an_application_starts_with_an_empty_mask_and_nothing_ignored(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, STATUS)

    assert running.wait() == 0
    assert signals_in(running, "SigBlk") == set()
    assert signals_in(running, "SigIgn") == set()


@for_all
@both_ways
def test_what_was_ignored_stays_ignored_and_what_was_blocked_is_not(
    start: Start, subject: Subject, way: Way, odd_environment: tuple[str, ...]
) -> None:
    running = start(subject, way, STATUS, before=odd_environment)

    assert running.wait() == 0
    assert signals_in(running, "SigIgn") == subject.answer("ignored", IGNORED)
    assert signals_in(running, "SigBlk") == (BLOCKED if subject.answer("mask", "") else set())


@for_all_and_every_plane
def test_an_application_has_three_descriptors(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "report"])

    assert running.wait() == 0
    assert running.values("fds") == ["0,1,2"]


@for_all
@both_ways
def test_an_application_works_in_our_folder(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "report"])

    assert running.wait() == 0
    assert running.values("cwd") == [str(running.folder)]


@for_all
@both_ways
def test_an_application_leads_a_group_of_its_own(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "report"])

    assert running.wait() == 0
    assert running.values("pgid") == running.values("pid")


@for_all
@both_ways
def test_standard_input_is_the_applications(start: Start, subject: Subject, way: Way, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"one\ntwo\n")
    with given.open("rb") as stdin:
        running = start(subject, way, ["cat"], stdin=stdin.fileno())

        assert running.wait() == 0
    assert running.out == "one\ntwo\n"


BELOW_A_SHELL = ("sh", "-c", '"$@" & wait', "sh")


@subjects(TINI)
@as_a_process
def test_the_application_of_tini_is_told_when_tinis_parent_dies(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "listen=15:0"], options=("-p", "SIGTERM"), before=BELOW_A_SHELL)
    running.await_word("listens")

    os.kill(running.init, signal.SIGKILL)

    await_that(lambda: running.values("ends"), lambda: f"it was not told:\n{running}")
    assert running.values("heard") == ["15"]


@for_ours
@as_a_process
def test_an_application_is_told_when_we_are_killed(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "listen=15:0"], lifecycle={"signals": {"on_parent_death": "TERM"}})
    running.await_word("listens")

    os.kill(running.init, signal.SIGKILL)

    await_that(lambda: running.values("ends"), lambda: f"it was not told:\n{running}")
    assert running.values("heard") == ["15"]


@for_all
@as_a_process
def test_an_application_hears_nothing_of_our_death_unless_that_is_wanted(
    start: Start, subject: Subject, way: Way
) -> None:
    running = start(subject, way, [*APP, "listen=15"])
    running.await_word("listens")
    app = running.app.pid

    os.kill(running.init, signal.SIGKILL)
    running.wait()
    os.kill(app, signal.SIGUSR1)

    await_that(lambda: running.values("heard"), lambda: f"nothing arrives:\n{running}")
    assert running.values("heard") == ["10"]
