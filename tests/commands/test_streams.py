"""Standard output carries the result, standard error the story; and neither may end the program."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from support.process import COMMAND, Enlist, Server

WRONG = "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations:\n"
ESCAPE = "\x1b["


def file_for(server: Server, more: str = "") -> str:
    return (
        f'version: 1\nendpoints: {{e: {{url: "{server.url}"}}}}\n'
        f"registrations: {{r: {{request: {{method: PUT, path: /a}}}}}}\n{more}"
    )


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(
        WRONG + "".join(f"  r{number}: {{request: 5}}\n" for number in range(2000))
    )
    process = subprocess.Popen(
        [COMMAND, "validate", "f.yaml"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    story = process.stderr.read().decode()
    process.stderr.close()

    assert process.wait(timeout=20) == 1
    assert story == "101 errors\n"


def test_a_closed_standard_output_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(WRONG + "  r: {request: 5}\n")
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{COMMAND} validate f.yaml >&-"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=20,
    )

    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)]
)
def test_colour_is_for_terminals_that_want_it(
    tmp_path: Path, server: Server, variables: dict[str, str], coloured: bool
) -> None:
    (tmp_path / "f.yaml").write_text(file_for(server))
    ours, theirs = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", **variables}
    ended = subprocess.run(
        [COMMAND, "run", "f.yaml"],
        cwd=tmp_path,
        env=environment,
        stdout=theirs,
        stderr=theirs,
        timeout=20,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)

    assert ended.returncode == 0, shown
    assert "registered r" in shown
    assert (ESCAPE in shown) is coloured


def test_there_is_no_colour_in_a_pipe(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(file_for(server))
    ended = enlist("run", "f.yaml", environment={"TERM": "xterm-256color", "FORCE_COLOR": ""})

    assert ended.status == 0
    assert ESCAPE not in ended.out + ended.err


def test_a_run_tells_its_story_on_standard_error_only(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(file_for(server))
    ended = enlist("run", "f.yaml")

    assert (ended.status, ended.out) == (0, "")
    assert "registered r (1 request" in ended.err
    assert [(method, path) for method, path, _, _ in server.asked] == [("PUT", "/a")]


def test_a_log_for_pipelines_is_one_json_object_a_line_and_nothing_else(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "f.yaml").write_text(file_for(server))
    ended = enlist("run", "--log-format", "json", "--log-level", "debug", "f.yaml")
    events = [json.loads(line) for line in ended.err.splitlines()]

    assert ended.status == 0
    assert events
    assert all({"ts", "level", "event", "message"} <= event.keys() for event in events)


@pytest.mark.parametrize("command", [[], ["--", "true"]], ids=["alone", "beside an application"])
@pytest.mark.parametrize("wrong", ["{request: 5}", "{request: {path: '/${ABSENT}'}}"], ids=["file", "value"])
def test_what_is_wrong_with_a_file_is_json_too_in_a_log_for_pipelines(
    enlist: Enlist, tmp_path: Path, wrong: str, command: list[str]
) -> None:
    (tmp_path / "f.yaml").write_text(WRONG + f"  r: {wrong}\n")
    ended = enlist("run", "--log-format", "json", "f.yaml", *command)
    events = [json.loads(line) for line in ended.err.splitlines()]

    assert ended.status == 78
    assert {(each["event"], each["level"]) for each in events} == {("note", "error")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--log-format", "json", "--nonsense", "f.yaml"),
        ("deregister", "--log-format=json", "--report", "papyrus=x", "f.yaml"),
        ("run", "--log-format", "json", "--exec", "f.yaml"),
        ("run", "--log-format", "json", "--nonsense", "f.yaml", "--", "true"),
    ],
)
def test_wrong_usage_is_json_too_in_a_log_for_pipelines(enlist: Enlist, arguments: tuple[str, ...]) -> None:
    ended = enlist(*arguments)
    (event,) = (json.loads(line) for line in ended.err.splitlines())

    assert (ended.status, ended.out) == (2, "")
    assert (event["event"], event["level"]) == ("note", "error")
    assert event["message"].startswith("enlist ")


def test_a_log_format_of_the_application_is_none_of_ours(enlist: Enlist) -> None:
    ended = enlist("run", "--nonsense", "f.yaml", "--", "true", "--log-format", "json")

    assert (ended.status, ended.err.startswith("usage: ")) == (2, True)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_server_that_refuses_for_long_is_a_few_lines_in_each_form_of_the_log(
    enlist: Enlist, tmp_path: Path, server: Server, form: str
) -> None:
    policy = "default: {attempts: 60, deadline: 9s, backoff: {initial: 1ms, multiplier: 1, max: 1ms}}"
    (tmp_path / "f.yaml").write_text(f"retry_policies: {{{policy}}}\n{file_for(server)}")
    server.status = 500
    ended = enlist("run", "--log-format", form, "f.yaml")

    assert (ended.status, len(server.asked)) == (75, 60)
    assert len(ended.err.splitlines()) < 12, ended
    assert "the same 5" in ended.err


def test_a_report_is_a_file_that_only_its_owner_reads(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(file_for(server))
    ended = enlist("run", "--report", "json=out.json", "f.yaml")
    report = json.loads((tmp_path / "out.json").read_text())

    assert ended.status == 0
    assert report["exit_status"] == 0
    assert [(each["name"], each["outcome"]) for each in report["registrations"]] == [("r", "registered")]
    assert (tmp_path / "out.json").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.yaml", "out.json"]


@pytest.mark.parametrize(
    ("target", "answer", "status"),
    [
        ("missing/out.json", 200, 0),
        ("missing/out.json", 403, 77),
        ("/proc/out.json", 200, 0),
        ("f.yaml/out.json", 200, 0),
        (".", 200, 0),
    ],
)
def test_a_report_that_cannot_be_written_is_a_warning_and_changes_no_status(
    enlist: Enlist, tmp_path: Path, server: Server, target: str, answer: int, status: int
) -> None:
    server.status = answer
    (tmp_path / "f.yaml").write_text(file_for(server))
    ended = enlist("run", "--report", f"json={target}", "f.yaml")

    assert ended.status == status, ended
    assert f"warning: the report {target} was not written" in ended.err


def test_the_command_line_s_report_replaces_the_file_s(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "f.yaml").write_text(file_for(server, "report: {json: from-file.json}\n"))

    assert enlist("run", "f.yaml").status == 0
    assert (tmp_path / "from-file.json").exists()
    (tmp_path / "from-file.json").unlink()
    assert enlist("run", "--report", "json=from-option.json", "f.yaml").status == 0
    assert {path.name for path in tmp_path.glob("*.json")} == {"from-option.json"}


def test_a_file_s_name_that_is_no_text_does_not_end_the_program(tmp_path: Path) -> None:
    name = b"caf\xe9.yaml"
    (tmp_path / os.fsdecode(name)).write_text("version: 2\n")
    ended = subprocess.run(
        [os.fsencode(COMMAND), b"validate", name], cwd=tmp_path, capture_output=True, check=False, timeout=20
    )

    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr
    assert b"E205" in ended.stdout


def test_an_exit_code_written_as_a_fraction_is_still_an_exit_status(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    server.status = 418
    classes = "failure_classes: [{name: teapot, match: {status: 418}, action: fail, exit_code: 90.0}]\n"
    (tmp_path / "f.yaml").write_text(file_for(server, classes))
    checked, ran = enlist("validate", "f.yaml"), enlist("run", "f.yaml")

    assert checked.status == 1 or ran.status == 90, ran


def test_seeds_written_as_a_fraction_are_refused_or_counted(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    tests = "tests: [{name: t, seeds: 2.0, given: [{status: 200.0}], then: {outcome: registered}}]\n"
    (tmp_path / "f.yaml").write_text(file_for(server, tests))
    ended = enlist("test", "f.yaml")

    assert ended.status == 1 or "1 passed" in ended.out, ended
