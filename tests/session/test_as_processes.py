"""Runs that stay, as processes: a sidecar, its status for probes, its listener, and its end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import warm
from support.http_server import Reply, Request, serving
from support.warm import WarmProcess

LONG_S = 30.0
FILE = """\
version: 1
endpoints: {plane: {url: "URL"}}
registrations:
  web:
    request: {method: PUT, path: /web}
    heartbeat: {every: 200ms, request: {method: PUT, path: /beat}}
    deregister: {request: {method: DELETE, path: /web}}
"""


class Plane:
    """A control plane that keeps what it is asked; ``forgets`` makes the next beat a 404."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.traces: set[str | None] = set()
        self.status = 200
        self.forgets = False
        self.beat_status: int | None = None
        """What beats are answered, where that is something else."""

    def answer(self, method: str, path: str) -> int:
        """Return the status for a request."""
        self.asked.append(f"{method} {path}")
        if path == "/beat" and self.forgets:
            self.forgets = False
            return 404
        return self.beat_status if path == "/beat" and self.beat_status else self.status


@pytest.fixture
def plane() -> Iterator[Plane]:
    plane = Plane()

    def answer(request: Request) -> Reply:
        plane.traces.add(request.headers.get("traceparent"))
        return Reply(plane.answer(request.method, request.path))

    with serving(answer) as plane.url:
        yield plane


class Command:
    """``enlist`` in a folder of its own."""

    def __init__(self, folder: Path, plane: Plane) -> None:
        self.folder = folder
        self.started: list[WarmProcess] = []
        (folder / "f.yaml").write_text(FILE.replace("URL", plane.url))

    @property
    def environment(self) -> dict[str, str]:
        """What it runs with."""
        return {"PATH": os.environ["PATH"], "ENLIST_STATE_DIR": str(self.folder / "state")}

    def add(self, text: str) -> None:
        """Write more at the end of the file."""
        with (self.folder / "f.yaml").open("a") as file:
            file.write(text)

    def start(self, *words: str) -> WarmProcess:
        """Begin a run."""
        streams = [Path(os.devnull), self.folder / "out", self.folder / "err"]
        self.started.append(warm.start(words, self.folder, self.environment, streams))
        return self.started[-1]

    @property
    def err(self) -> str:
        """What the runs that were begun have said on standard error."""
        return (self.folder / "err").read_text()

    def run(self, *words: str, **environment: str) -> tuple[int, str, str]:
        """Run to the end; returns status, output and errors."""
        ended = warm.run(words, self.folder, {**self.environment, **environment}, within_s=LONG_S)
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


@pytest.fixture
def command(tmp_path: Path, plane: Plane) -> Iterator[Command]:
    command = Command(tmp_path, plane)
    yield command
    for process in command.started:
        process.kill()
        process.wait(LONG_S)


def becomes(is_so: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + LONG_S
    while not is_so():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True


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


def test_a_goodbye_by_another_process_goes_on_with_the_stream_and_leaves_the_other_reports(
    command: Command,
) -> None:
    beat = "    heartbeat: {every: 200ms, request: {method: PUT, path: /beat}}\n"
    text = (command.folder / "f.yaml").read_text()
    (command.folder / "f.yaml").write_text(
        text.replace(beat, "") + "report: {json: o.json, jsonl: o.jsonl}\n"
    )
    process = command.start("run", "f.yaml", "--", sys.executable, "-c", "import time; time.sleep(60)")
    stream = command.folder / "o.jsonl"
    assert becomes(lambda: stream.exists() and "run_finished" in stream.read_text())
    process.send_signal(signal.SIGTERM)
    status = process.wait(LONG_S)
    events = [json.loads(line) for line in stream.read_text().splitlines()]

    assert status == 143
    assert [each["outcome"] for each in events if "outcome" in each] == ["registered", "deregistered"]
    assert json.loads((command.folder / "o.json").read_text())["registrations"][0]["outcome"] == "registered"


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
