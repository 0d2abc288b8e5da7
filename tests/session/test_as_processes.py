"""Runs that stay, as processes: a sidecar, its status for probes, its listener, and its end."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from session.conftest import LONG_S, Command, Plane, becomes


def test_a_sidecar_beats_until_it_is_told_to_stop_and_then_deregisters(
    command: Command, plane: Plane
) -> None:
    process = command.start("run", "f.yaml")

    assert becomes(lambda: plane.asked.count("PUT /beat") >= 3)
    process.send_signal(signal.SIGTERM)
    status = process.wait(LONG_S)
    assert status == 0, command.err
    assert (plane.asked[0], plane.asked[-1]) == ("PUT /web", "DELETE /web")


def test_a_sidecar_that_is_forgotten_registers_again(command: Command, plane: Plane) -> None:
    command.start("run", "f.yaml")
    assert becomes(lambda: "PUT /beat" in plane.asked)
    plane.forgets = True

    assert becomes(lambda: plane.asked.count("PUT /web") == 2)


def test_a_sidecar_that_is_refused_ends_with_the_status_of_the_refusal(
    command: Command, plane: Plane
) -> None:
    command.add("lifecycle: {on_lost: stop_app}\n")
    process = command.start("run", "f.yaml")
    assert becomes(lambda: "PUT /beat" in plane.asked)
    plane.status = 403
    status = process.wait(LONG_S)

    assert status == 77, command.err


def test_a_sidecar_whose_beat_is_refused_fails_though_it_is_undone_in_order(
    command: Command, plane: Plane
) -> None:
    command.add("lifecycle: {on_lost: stop_app}\n")
    process = command.start("run", "f.yaml")
    assert becomes(lambda: "PUT /beat" in plane.asked)
    plane.beat_status = 403
    status = process.wait(LONG_S)

    assert plane.asked[-1] == "DELETE /web"
    assert status == 77, command.err


def test_probes_hear_how_a_run_stands(command: Command, plane: Plane) -> None:
    assert command.run("status", "--live")[0] == 1
    plane.status = 503
    process = command.start("run", "f.yaml")
    assert becomes(lambda: command.run("status", "--live")[0] == 0)
    assert command.run("status", "--ready")[0] == 1
    plane.status = 200

    assert becomes(lambda: command.run("status", "--ready", "f.yaml")[0] == 0)
    head = re.escape(f"{command.folder / 'f.yaml'} (pid {process.pid}): registered\n  web: registered")
    assert re.fullmatch(rf"{head}(, last good beat \S+)?\n", command.run("status")[1])
    assert command.run("status", "--ready", "other.yaml")[0] == 1
    process.send_signal(signal.SIGTERM)
    process.wait(LONG_S)
    assert command.run("status")[0] == 1
    assert [path for path in (command.folder / "state").rglob("*") if path.is_file()] == []


def answer_of(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except OSError as error:
        return 0, str(error)


def test_the_listener_says_503_until_everything_stands(
    command: Command, plane: Plane, unused_port: int
) -> None:
    command.add(f'lifecycle: {{status: {{listen: "127.0.0.1:{unused_port}"}}}}\n')
    plane.status = 503
    command.start("run", "f.yaml")
    url = f"http://127.0.0.1:{unused_port}"

    assert becomes(lambda: answer_of(f"{url}/livez")[0] == 200)
    assert answer_of(f"{url}/readyz")[0] == 503
    assert "enlist_run_last_exit_status" not in answer_of(f"{url}/metrics")[1]
    plane.status = 200
    assert becomes(lambda: answer_of(f"{url}/readyz")[0] == 200)
    assert (
        'enlist_registration_up{file="f.yaml",registration="web",required="true"} 1'
        in answer_of(f"{url}/metrics")[1]
    )
    assert becomes(lambda: "enlist_registration_beats_total" in answer_of(f"{url}/metrics")[1])
    assert 'enlist_run_last_exit_status{file="f.yaml"} 0' in answer_of(f"{url}/metrics")[1]
    assert answer_of(f"{url}/elsewhere")[0] == 404


def test_an_address_that_is_taken_is_told_before_anything_is_sent(command: Command, plane: Plane) -> None:
    taken = plane.url.removeprefix("http://")
    command.add(f'lifecycle: {{status: {{listen: "{taken}"}}}}\n')
    for words in (["run", "f.yaml"], ["run", "f.yaml", "--", sys.executable, "-c", "print('started')"]):
        status, out, err = command.run(*words)

        assert (status, out) == (78, "")
        assert re.search(
            r"f\.yaml:8:\d+: status\.listen: .* cannot be listened on: address already in use$",
            err,
            re.MULTILINE,
        )
    assert plane.asked == []


def test_a_run_with_a_command_writes_its_reports_at_the_verdict_and_at_the_end(command: Command) -> None:
    report = command.folder / "report.json"
    program = "import sys, time; time.sleep(60)"
    process = command.start(
        "run", "f.yaml", "--report", f"json={report}", "--", sys.executable, "-c", program
    )

    def outcome() -> str:
        return str(json.loads(report.read_text())["registrations"][0]["outcome"]) if report.exists() else ""

    assert becomes(lambda: outcome() == "registered")
    process.send_signal(signal.SIGTERM)
    status = process.wait(LONG_S)
    assert (status, outcome()) == (143, "deregistered")


def full_pipe() -> tuple[int, int]:
    """Return a pipe that nobody reads and that has no room left."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    return reading, writing


@pytest.mark.parametrize("words", [[], ["--", sys.executable, "-c", "import time; time.sleep(60)"]])
def test_a_log_that_nobody_reads_costs_neither_beats_nor_the_goodbye(
    command: Command, plane: Plane, words: list[str]
) -> None:
    reading, writing = full_pipe()
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "runner", "run", "f.yaml", *words],
        cwd=command.folder, env=command.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writing,
    ) as process:  # fmt: skip
        try:
            assert becomes(lambda: plane.asked.count("PUT /beat") >= 2)
            plane.forgets = True
            assert becomes(lambda: plane.asked.count("PUT /web") == 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(LONG_S) == (143 if words else 0)
        finally:
            process.kill()
            os.close(reading)
            os.close(writing)

    assert plane.asked[-1] == "DELETE /web"


@pytest.mark.parametrize("closed", ["2>&-", "<&-", ">&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_is_closed_costs_nothing(command: Command, plane: Plane, closed: str) -> None:
    run = f"{sys.executable} -I -m runner run f.yaml -- sh -c 'exit 5' {closed}"
    command.add("lifecycle: {register: before_start}\n")
    ended = subprocess.run(
        ["sh", "-c", run], cwd=command.folder, env=command.environment, check=False, timeout=LONG_S
    )

    assert ended.returncode == 5
    assert (plane.asked[0], plane.asked[-1]) == ("PUT /web", "DELETE /web")


def test_standard_input_is_the_application_s_and_no_file(command: Command, plane: Plane) -> None:
    status, out, err = command.run("run", "-", "--", sys.executable, "-c", "print('started')")

    assert (status, out, plane.asked) == (2, "", [])
    assert err.splitlines()[-1].endswith("standard input is the application's: the file must have a name")


def test_exec_where_somebody_must_stay_is_wrong_usage(command: Command, plane: Plane) -> None:
    command.add("lifecycle: {register: before_start}\n")
    status, out, err = command.run("run", "f.yaml", "--exec", "--", sys.executable, "-c", "print('started')")

    assert (status, out, plane.asked) == (2, "", [])
    assert "--exec leaves no process beside the application, and the file has a heartbeat" in err


def test_a_goodbye_that_needs_a_value_that_is_gone_is_told(command: Command, plane: Plane) -> None:
    text = (command.folder / "f.yaml").read_text().replace("path: /web}}", 'path: "/web/${file:token}"}}')
    (command.folder / "f.yaml").write_text(text)
    (command.folder / "token").write_text("abcdef")
    process = command.start("run", "f.yaml")
    assert becomes(lambda: "PUT /beat" in plane.asked)
    (command.folder / "token").unlink()
    process.send_signal(signal.SIGTERM)
    process.wait(LONG_S)

    assert plane.asked[-1] == "DELETE /web/abcdef"


@pytest.mark.parametrize(
    ("traceparent", "sent"),
    [
        (
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
        ("nonsense\r\nX-Evil: 1", None),
    ],
)
def test_the_trace_that_we_are_part_of_goes_along(
    command: Command, plane: Plane, traceparent: str, sent: str | None
) -> None:
    command.add("lifecycle: {register: before_start}\n")
    program = "import os; print(os.environ['TRACEPARENT'] == os.environ['SAME'])"
    words = ("run", "f.yaml", "--", sys.executable, "-c", program)
    status, out, err = command.run(*words, TRACEPARENT=traceparent, SAME=traceparent)

    assert (status, out) == (0, "True\n"), err
    assert plane.traces == {sent}
