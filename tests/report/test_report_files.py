"""Report files as the command writes them: all forms at once, for their owner only, and never at the run's expense."""

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft7Validator
from support.process import COMMAND, ENDS_WITHIN_S, Enlist, Server

from runner.commands.arguments import REPORT_FORMS
from runner.commands.reports import _AT_THE_END

SCHEMAS = Path(__file__).parents[2] / "schemas"
REPORTS = (
    "report: {json: o.json, jsonl: o.jsonl, junit: o.xml, prometheus: o.prom, html: o.html, bodies: false}\n"
)
WRITTEN = {"o.json", "o.jsonl", "o.xml", "o.prom", "o.html"}
TOKEN = "t0ken-of-the-server"


def write_file(folder: Path, server: Server, more: str = "") -> None:
    (folder / "f.yaml").write_text(
        f'version: 1\nendpoints: {{e: {{url: "{server.url}", auth: {{bearer: "${{TOKEN:-{TOKEN}}}"}}}}}}\n'
        "failure_classes: [{name: told, match: {status: 422}, action: fail, message: headers.Authorization}]\n"
        f"registrations: {{r: {{request: {{method: PUT, path: /a}}}}}}\n{more}"
    )


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"f.yaml"}


def test_the_command_the_language_and_the_renderers_know_the_same_forms() -> None:
    language = json.loads((SCHEMAS / "enlist.v1.schema.json").read_text(encoding="utf-8"))

    assert {*REPORT_FORMS, "bodies"} == set(language["definitions"]["report"]["properties"])
    assert {*_AT_THE_END, "jsonl"} == set(REPORT_FORMS)


@pytest.mark.parametrize("how", ["file", "option"])
def test_all_forms_are_written_at_once_and_only_their_owner_reads_them_but_for_the_metrics(
    enlist: Enlist, tmp_path: Path, server: Server, how: str
) -> None:
    options = {
        "json": "o.json",
        "jsonl": "o.jsonl",
        "junit": "o.xml",
        "prometheus": "o.prom",
        "html": "o.html",
    }
    write_file(tmp_path, server, REPORTS if how == "file" else "")
    words = [word for form, path in options.items() for word in ("--report", f"{form}={path}")]
    ended = enlist("run", "f.yaml", *(words if how == "option" else ()))

    assert ended.status == 0, ended
    assert "warning" not in ended.err
    assert names_in(tmp_path) == WRITTEN
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("o.*")}
    assert modes.pop("o.prom") == 0o644, "the collector of metrics is another user"
    assert set(modes.values()) == {0o600}
    assert json.loads((tmp_path / "o.json").read_text())["exit_status"] == 0
    assert ET.parse(tmp_path / "o.xml").getroot().get("tests") == "1"
    assert (
        'enlist_registration_up{file="f.yaml",registration="r",required="true"} 1\n'
        in (tmp_path / "o.prom").read_text()
    )
    assert (tmp_path / "o.html").read_text().startswith("<!DOCTYPE html>")


def test_the_command_line_wins_over_the_file_form_by_form(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    write_file(tmp_path, server, REPORTS)
    ended = enlist("run", "--report", "jsonl=mine.jsonl", "--report", "html=mine.html", "f.yaml")

    assert ended.status == 0, ended
    assert names_in(tmp_path) == (WRITTEN - {"o.jsonl", "o.html"}) | {"mine.jsonl", "mine.html"}


@pytest.mark.parametrize("word", ["xml=o", "json", "json=", "=o", "bodies=true"])
def test_a_form_that_there_is_not_is_usage(enlist: Enlist, tmp_path: Path, server: Server, word: str) -> None:
    write_file(tmp_path, server)
    ended = enlist("run", "--report", word, "f.yaml")

    assert ended.status == 2
    assert "is not FORM=FILE, where FORM is json or jsonl or junit or prometheus or html" in ended.err


@pytest.mark.parametrize("form", REPORT_FORMS)
def test_a_form_that_is_given_twice_is_usage_and_nothing_is_sent(
    enlist: Enlist, tmp_path: Path, server: Server, form: str
) -> None:
    write_file(tmp_path, server)
    ended = enlist("run", "--report", f"{form}=a", "--report", f"{form}=b", "f.yaml")

    assert ended.status == 2
    assert f"argument --report: {form} is given twice" in ended.err
    assert (server.asked, names_in(tmp_path)) == ([], set())


@pytest.mark.parametrize("second", ["jsonl=same", "junit=./same", "html=link"])
def test_two_reports_in_one_file_are_usage_and_nothing_is_sent(
    enlist: Enlist, tmp_path: Path, server: Server, second: str
) -> None:
    write_file(tmp_path, server)
    (tmp_path / "link").symlink_to("same")
    ended = enlist("run", "--report", "json=same", "--report", second, "f.yaml")

    assert ended.status == 2
    assert "argument --report: two reports cannot go to one file, " in ended.err
    assert (server.asked, names_in(tmp_path)) == ([], {"link"})


def test_two_reports_can_go_to_one_device(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    write_file(tmp_path, server)
    ended = enlist("run", "--report", "json=/dev/null", "--report", "junit=/dev/null", "f.yaml")

    assert ended.status == 0, ended
    assert "warning" not in ended.err


def test_the_stream_of_events_has_all_of_them_and_fits_its_schema(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    write_file(tmp_path, server)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ended = enlist(
        "run",
        "--report",
        "jsonl=o.jsonl",
        "--log-level",
        "error",
        "f.yaml",
        environment={"TRACEPARENT": trace},
    )
    events = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    schema = json.loads((SCHEMAS / "events.v1.schema.json").read_text(encoding="utf-8"))

    assert ended.status == 0, ended
    assert [event["event"] for event in events][-3:] == [
        "step_succeeded",
        "registration_finished",
        "run_finished",
    ]
    assert {event["trace_id"] for event in events} == {trace.split("-")[1]}
    for event in events:
        Draft7Validator(schema).validate(event)


def test_the_stream_of_events_is_written_while_the_run_is_on(tmp_path: Path, server: Server) -> None:
    write_file(tmp_path, server)
    text = (tmp_path / "f.yaml").read_text().replace(server.url, "http://127.0.0.1:9")
    (tmp_path / "f.yaml").write_text(text)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    process = subprocess.Popen(
        [COMMAND, "run", "--report", "jsonl=pipe", "f.yaml"], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    os.set_blocking(reader, True)
    with os.fdopen(reader, encoding="utf-8") as told:
        while not (line := told.readline()):
            assert process.poll() is None
        assert json.loads(line)["event"] == "registration_started"
        assert process.poll() is None, "the run is still on"
        process.terminate()
        assert process.wait(timeout=ENDS_WITHIN_S) == 143
        assert json.loads(told.read().splitlines()[-1])["event"] == "run_finished"


@pytest.mark.parametrize("form", REPORT_FORMS)
@pytest.mark.parametrize(
    ("target", "cause"),
    [("missing/o", "no such file or directory"), ("f.yaml/o", "not a directory"), (".", "is a directory"), ("/dev/full", "no space left on device")],
)  # fmt: skip
@pytest.mark.parametrize(("answer", "status"), [(200, 0), (403, 77)])
def test_a_report_that_cannot_be_written_is_one_warning_and_changes_no_status(
    enlist: Enlist,
    tmp_path: Path,
    server: Server,
    form: str,
    target: str,
    cause: str,
    answer: int,
    status: int,
) -> None:
    write_file(tmp_path, server)
    server.status = answer
    ended = enlist("run", "--report", f"{form}={target}", "f.yaml")
    warnings = [line for line in ended.err.splitlines() if line.startswith("warning: ")]

    assert ended.status == status, ended
    assert len(warnings) == 1, ended
    assert warnings[0].startswith(f"warning: the report {target} was not written: ")
    assert warnings[0].endswith((cause, "device or resource busy"))
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("form", REPORT_FORMS)
def test_a_report_can_go_to_standard_output_and_leaves_it_to_others(
    enlist: Enlist, tmp_path: Path, server: Server, form: str
) -> None:
    write_file(tmp_path, server)
    ended = enlist("run", "--report", f"{form}=/dev/stdout", "f.yaml")

    assert ended.status == 0, ended
    assert "warning" not in ended.err
    assert len(ended.out) > 100
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.parametrize("form", REPORT_FORMS)
def test_no_form_repeats_a_secret(enlist: Enlist, tmp_path: Path, server: Server, form: str) -> None:
    write_file(tmp_path, server)
    # Without a body of its own the server repeats the request's headers; the class takes its message from there.
    server.status, server.body = 422, b""
    ended = enlist("run", "--report", f"{form}=out", "f.yaml", environment={"TOKEN": TOKEN})

    assert ended.status == 76, ended
    assert server.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in (tmp_path / "out").read_text()
    assert form == "prometheus" or "***" in (tmp_path / "out").read_text()


@pytest.mark.parametrize("wrong", ["environment", "file", "answer"])
def test_kubernetes_is_told_the_cause_of_every_failure(
    enlist: Enlist, tmp_path: Path, server: Server, wrong: str
) -> None:
    write_file(tmp_path, server)
    (tmp_path / "log").write_text("")
    server.status = 403
    text = (tmp_path / "f.yaml").read_text()
    broken = {
        "environment": text.replace(f":-{TOKEN}", ""),
        "file": text.replace("path:", "pfad:"),
        "answer": text,
    }
    (tmp_path / "f.yaml").write_text(broken[wrong])
    ended = enlist("run", "f.yaml", environment={"ENLIST_TERMINATION_LOG": "log"})
    told = (tmp_path / "log").read_text()

    assert ended.status == (77 if wrong == "answer" else 78)
    assert told.startswith("f.yaml:")
    assert told.endswith(f"exit status {ended.status}")
    assert {"environment": "TOKEN", "file": "pfad", "answer": "denied"}[wrong] in told


def test_github_is_told_in_its_step_summary(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    write_file(tmp_path, server)
    ended = enlist("run", "f.yaml", environment={"GITHUB_STEP_SUMMARY": "s.md"})

    assert ended.status == 0, ended
    assert "| r | ✅ registered | 1 |" in (tmp_path / "s.md").read_text()


def test_a_disk_that_fills_up_ends_the_stream_after_a_whole_line_and_changes_no_status(
    tmp_path: Path, server: Server
) -> None:
    write_file(tmp_path, server)
    server.status = 500
    policy = "retry_policies: {default: {attempts: 20, deadline: 20s, backoff: {initial: 1ms, max: 1ms}}}\n"
    (tmp_path / "f.yaml").write_text((tmp_path / "f.yaml").read_text() + policy)
    # No file may grow beyond 4 blocks of 512 bytes: what a write cannot place is an error, as on a full disk.
    ended = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 4; exec {COMMAND} run --report jsonl=o.jsonl f.yaml"],
        cwd=tmp_path, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False,
    )  # fmt: skip
    text = (tmp_path / "o.jsonl").read_text()

    assert ended.returncode == 75, ended.stderr
    assert ended.stderr.count("warning: ") == 1
    assert "warning: the report o.jsonl was not written: file too large" in ended.stderr
    assert 1024 < len(text) <= 2048
    assert [json.loads(line)["event"] for line in text.splitlines()][:2] == [
        "registration_started",
        "attempt_failed",
    ]
    assert text.endswith("\n")
