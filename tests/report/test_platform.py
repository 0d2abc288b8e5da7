"""What Kubernetes and GitHub are told: the cause first, no more than they keep, and nothing they would obey."""

import re
import stat
from pathlib import Path

import pytest
from msgspec import structs
from support.report_runs import RUNS, hostile_run, played

from runner.commands.platform import Platform
from runner.model.outcome import ExitStatus
from runner.report.step_summary import MAX_ROWS, render_step_summary
from runner.report.termination import MAX_BYTES, cut, render_termination


class Heard:
    """A console that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def out(self, text: str) -> None:
        """See ``ports.Console``."""
        raise AssertionError(text)

    def err(self, text: str) -> None:
        """See ``ports.Console``."""
        self.lines.append(text)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_succeeded_leaves_no_message_and_any_other_leaves_one(name: str) -> None:
    report = played(name).report
    message = render_termination(report)

    assert bool(message) is (report.exit_status != ExitStatus.OK)
    assert len(message.encode()) <= MAX_BYTES


def test_the_message_begins_with_the_cause_and_says_what_to_do() -> None:
    assert render_termination(played("refused for good").report).splitlines() == [
        'enlist.yaml:4:17 registrations.r: told (answered 422 Unprocessable Entity): "no such pool"',
        "  not retried; restarting will not help",
        "  hint: look it up",
        "  class told: enlist.yaml:4:80",
        "exit status 76",
    ]


def test_the_message_of_a_run_that_goes_on_says_no_exit_status() -> None:
    report = played("refused for good").report

    assert render_termination(report) == f"{render_termination(report, decided=False)}\nexit status 76"


def test_the_cause_of_the_exit_status_stands_before_all_others_and_before_what_it_kept_from_beginning() -> (
    None
):
    report = played("several").report
    transient = structs.replace(
        played("all attempts used").outcome, registration="flaky", message="a" * MAX_BYTES
    )
    first = render_termination(structs.replace(report, outcomes=(transient, *report.outcomes)))
    heads = [line for line in render_termination(report).splitlines() if not line.startswith(" ")]

    assert heads[1:] == ["skipped b: it needs a, which is failed", "exit status 76"]
    assert first.startswith("enlist.yaml:5:125 registrations.a.a: told (answered 422")
    assert first.endswith("aaa...")
    assert len(first) == MAX_BYTES


@pytest.mark.parametrize("letter", ["a", "ä", "€", "😀"])
@pytest.mark.parametrize("shift", range(4))
def test_a_message_is_cut_between_characters(letter: str, shift: int) -> None:
    text = "x" * shift + letter * MAX_BYTES
    short = cut(text)

    assert MAX_BYTES - 3 <= len(short.encode()) <= MAX_BYTES
    assert len(text.encode()) <= MAX_BYTES or short.endswith("...")
    assert text.startswith(short.removesuffix("..."))


def test_hostile_words_make_no_line_of_their_own_in_the_message() -> None:
    lines = render_termination(hostile_run()).splitlines()

    assert all(line.isprintable() for line in lines)
    assert len(lines) <= 8


def test_the_message_is_written_into_the_file_that_is_there_and_into_no_other(tmp_path: Path) -> None:
    report, heard = played("denied").report, Heard()
    log = tmp_path / "log"
    platform = Platform({"ENLIST_TERMINATION_LOG": str(log)}, heard)
    platform.tell_cause(report)
    assert not log.exists()

    log.write_text("older and longer " * 1000)
    node, mode = log.stat().st_ino, log.stat().st_mode
    platform.tell_cause(report)

    assert log.read_text() == render_termination(report)
    assert (log.stat().st_ino, log.stat().st_mode) == (node, mode), "a mount cannot be replaced"
    assert heard.lines == []


def test_a_success_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("as it was")
    platform = Platform({"ENLIST_TERMINATION_LOG": str(tmp_path / "log")}, Heard())
    platform.tell_cause(played("registered").report)

    assert (tmp_path / "log").read_text() == "as it was"


def test_a_message_that_cannot_be_written_is_one_warning(tmp_path: Path) -> None:
    heard = Heard()
    (tmp_path / "full").symlink_to("/dev/full")
    for path in (tmp_path, tmp_path / "full"):
        Platform({"ENLIST_TERMINATION_LOG": str(path)}, heard).tell_cause(played("denied").report)

    assert heard.lines == [
        f"warning: the termination message {tmp_path} was not written: is a directory",
        f"warning: the termination message {tmp_path / 'full'} was not written: no space left on device",
    ]


def test_the_environment_says_where_the_platform_is_told() -> None:
    usual = Platform({}, Heard())
    named = Platform({"ENLIST_TERMINATION_LOG": "/t", "GITHUB_STEP_SUMMARY": "/s"}, Heard())

    assert (usual.termination_log, usual.step_summary) == ("/dev/termination-log", None)
    assert (named.termination_log, named.step_summary) == ("/t", "/s")


def test_a_step_summary_is_added_to_what_earlier_steps_said(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("# earlier\n")
    report, platform = played("several").report, Platform({"GITHUB_STEP_SUMMARY": str(path)}, Heard())
    platform.add_step_summary(report)
    rows = [line.split(" | ") for line in path.read_text().splitlines() if line.startswith("| ")][2:]

    assert path.read_text().startswith("# earlier\n### enlist: enlist&#46;yaml\n")
    assert [row[:3] for row in rows] == [
        ["| a", "❌ failed", "1"],
        ["| b", "⚠️ skipped", "0"],
        ["| c", "✅ registered&#44; optional", "3"],
    ]
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_large_run_s_summary_is_one_that_github_keeps() -> None:
    report = hostile_run()
    many = structs.replace(report, outcomes=report.outcomes[:1] * (MAX_ROWS + 5))
    text = render_step_summary(many)

    assert len(text.encode()) < 1024 * 1024
    assert text.endswith("\nand 5 more\n\n")


def test_hostile_words_are_plain_words_of_markdown() -> None:
    text = render_step_summary(hostile_run())
    without_ours = re.sub(r"<code>|</code>|<br>|&#\d+;|^### enlist: ", "", text, flags=re.MULTILINE)
    rows = [line for line in text.splitlines() if line.startswith("|")]

    assert all(line.isprintable() or "\ufe0f" in line for line in text.splitlines())
    assert [line.count("|") for line in rows] == [6] * 5
    assert not set(without_ours) & set("<>[]()*_`#@!\\&{}$~")
