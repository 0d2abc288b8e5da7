"""The application's end is the container's: statuses, deaths by signals, and programs that cannot be started."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pid1.conftest import Start
from support.control_plane import ControlPlane
from support.subjects import (
    DUMB_INIT,
    INIT,
    TINI,
    WITH_DEAD_PLANE,
    WITH_SILENT_PLANE,
    Subject,
    Way,
    as_a_process,
    both_ways,
    for_all,
    subjects,
)

AT_ONCE = 8
"""So many run side by side: a start waits more than it computes."""
EVERY = range(256)
WITH_A_MEANING = (0, 2, 70, 76, 127, 143)
"""Statuses with a meaning to us, to shells or to orchestrators: none may be taken for another."""
KILLING = sorted(
    signal.valid_signals()
    - {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
    - {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
)
USUAL = (1, 2, 6, 9, 11, 15)


def statuses_of(start: Start, subject: Subject, way: Way, scripts: Sequence[str]) -> list[int]:
    """Run one shell after the other, some at a time."""
    found = []
    for at in range(0, len(scripts), AT_ONCE):
        batch = [start(subject, way, ["sh", "-c", each]) for each in scripts[at : at + AT_ONCE]]
        found += [each.wait() for each in batch]
    return found


def statuses_of_our_init(folder: Path, scripts: Sequence[str]) -> list[int]:
    """Run one shell after the other under the real init, beside a registrar that does nothing."""
    command = [sys.executable, "-I", str(Path(__file__).parents[1] / "support" / "fork_init.py"), *scripts]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=True, cwd=folder, stdin=subprocess.DEVNULL
    )
    return list(map(int, ended.stdout.split()))


def test_all_256_statuses_of_an_application_are_ours(tmp_path: Path) -> None:
    assert list(EVERY) == statuses_of_our_init(tmp_path, [f"exit {each}" for each in EVERY])


def test_every_signal_that_kills_an_application_is_told_by_us(tmp_path: Path) -> None:
    told = statuses_of_our_init(tmp_path, [f"ulimit -c 0; kill -{number} $$" for number in KILLING])

    assert [128 + number for number in KILLING] == told


@subjects(TINI, DUMB_INIT)
@both_ways
def test_all_256_statuses_of_an_application_are_the_peers(start: Start, subject: Subject, way: Way) -> None:
    assert list(EVERY) == statuses_of(start, subject, way, [f"exit {each}" for each in EVERY])


@subjects(INIT)
@both_ways
def test_a_status_with_a_meaning_elsewhere_is_the_applications(
    start: Start, subject: Subject, way: Way
) -> None:
    scripts = [f"exit {each}" for each in WITH_A_MEANING]

    assert list(WITH_A_MEANING) == statuses_of(start, subject, way, scripts)


@subjects(WITH_DEAD_PLANE, WITH_SILENT_PLANE)
@both_ways
def test_a_status_is_the_applications_while_its_registration_still_runs(
    start: Start, subject: Subject, way: Way
) -> None:
    assert statuses_of(start, subject, way, ["exit 0", "exit 7", "exit 255"]) == [0, 7, 255]


@subjects(TINI, DUMB_INIT)
@both_ways
def test_every_signal_that_kills_an_application_is_told_by_the_peers(
    start: Start, subject: Subject, way: Way
) -> None:
    told = statuses_of(start, subject, way, [f"ulimit -c 0; kill -{number} $$" for number in KILLING])

    assert [128 + number for number in KILLING] == told


@subjects(INIT)
@both_ways
def test_the_signals_of_the_usual_deaths_are_told_beside_a_registration(
    start: Start, subject: Subject, way: Way
) -> None:
    told = statuses_of(start, subject, way, [f"ulimit -c 0; kill -{number} $$" for number in USUAL])

    assert [128 + number for number in USUAL] == told


@for_all
@both_ways
def test_a_program_that_is_not_found_is_127_and_named(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, ["no-such-program-anywhere", "argument"])

    assert running.wait() == subject.answer("not found", 127)
    assert "no-such-program-anywhere" in running.err
    assert plane.requests == []


@for_all
@both_ways
def test_a_file_that_is_not_executable_is_126_and_named(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, tmp_path: Path
) -> None:
    script = tmp_path / "not-executable"
    script.write_text("#!/bin/sh\n", encoding="ascii")
    running = start(subject, way, [str(script)])

    assert running.wait() == subject.answer("not executable", 126)
    assert str(script) in running.err
    assert plane.requests == []


@for_all
@both_ways
def test_a_folder_is_no_program(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, tmp_path: Path
) -> None:
    running = start(subject, way, [str(tmp_path)])

    assert running.wait() == subject.answer("not executable", 126)
    assert str(tmp_path) in running.err
    assert plane.requests == []


@subjects(INIT)
@both_ways
def test_a_script_whose_interpreter_is_missing_is_named(
    start: Start, subject: Subject, way: Way, plane: ControlPlane, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n", encoding="ascii")
    script.chmod(0o755)
    running = start(subject, way, [str(script)])

    assert running.wait() in (126, 127)  # shells disagree, and both are "not started"
    assert f"{script} cannot be executed: the interpreter that it names" in running.err
    assert plane.requests == []


@for_all
@both_ways
def test_no_program_after_the_dashes_is_wrong_usage(
    start: Start, subject: Subject, way: Way, plane: ControlPlane
) -> None:
    running = start(subject, way, [])

    assert running.wait() == subject.answer("no command", 2)
    assert running.err
    assert plane.requests == []


@for_all
@both_ways
def test_an_application_is_found_on_the_path_and_gets_its_words_untouched(
    start: Start, subject: Subject, way: Way
) -> None:
    words = ["a b", "", "--", "-x", "--report", "$HOME", "ä\n", "${var.x}", os.fsdecode(b"\xff")]
    running = start(subject, way, ["printf", "%s|", *words])

    assert running.wait() == 0
    assert (running.folder / "out").read_bytes() == b"".join(os.fsencode(each) + b"|" for each in words)


@for_all
@as_a_process
def test_a_script_without_a_first_line_is_the_shells(
    start: Start, subject: Subject, way: Way, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text('exit "$1"\n', encoding="utf-8")
    script.chmod(0o755)

    assert start(subject, way, [str(script), "7"]).wait() == 7
