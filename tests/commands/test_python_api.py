"""``runner.load`` and ``runner.run``: the same engine inside somebody else's program."""

import asyncio
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.harness import Recorder
from support.http_server import Reply, serving

import runner

FILE = """\
version: 1
variables: {token: {env: TOKEN, secret: true}}
endpoints: {plane: {url: "%s", auth: {bearer: "${var.token}"}}}
registrations:
  web: {request: {method: PUT, path: /services/web, json: {a: 1}}}
"""


@pytest.fixture
def url() -> Iterator[str]:
    """A control plane that accepts everything."""
    with serving(lambda _: Reply()) as url:
        yield url


@pytest.fixture
def file(tmp_path: Path, url: str) -> Path:
    path = tmp_path / "enlist.yaml"
    path.write_text(FILE % url)
    return path


def test_a_plan_is_run_and_its_report_comes_back(file: Path) -> None:
    heard = Recorder()
    report = asyncio.run(runner.run(runner.load(file), environment={"TOKEN": "t0p-s3cret"}, reporter=heard))

    assert report.exit_status == 0
    assert [outcome.state for outcome in report.outcomes] == ["registered"]
    assert [attempt.method for attempt in report.outcomes[0].attempts] == ["PUT"]
    assert "registration_finished" in {event.event for event in heard.events}
    assert "t0p-s3cret" not in repr(report) + repr(heard.events)


def test_a_file_with_errors_is_an_exception_that_says_where(file: Path) -> None:
    file.write_text(file.read_text().replace("method", "metod"))

    with pytest.raises(runner.InvalidFile, match='unknown key "metod"') as refused:
        runner.load(file)

    assert [(each.code, each.span.line) for each in refused.value.diagnostics] == [("E203", 5)]


def test_a_missing_variable_is_an_exception_that_names_it(file: Path) -> None:
    with pytest.raises(runner.InvalidFile, match="TOKEN is not set"):
        asyncio.run(runner.run(runner.load(file), environment={}))


def test_a_file_that_is_not_there_is_an_exception(tmp_path: Path) -> None:
    with pytest.raises(runner.InvalidFile, match="cannot be read"):
        runner.load(tmp_path / "nope.yaml")


def test_the_hosts_signals_and_logging_are_left_alone(file: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), list(logging.root.handlers)
    asyncio.run(runner.run(runner.load(file), environment={"TOKEN": "t"}))

    assert before == (
        signal.getsignal(signal.SIGINT),
        signal.getsignal(signal.SIGTERM),
        list(logging.root.handlers),
    )


def test_importing_runner_imports_nothing_of_ours() -> None:
    program = (
        "import sys, json, runner; print(json.dumps([m for m in sys.modules if m.startswith('runner.')]))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=20)

    assert json.loads(ended.stdout) == []


def test_a_cancelled_caller_gets_its_cancellation(file: Path) -> None:
    file.write_text(FILE % "http://127.0.0.1:1")

    async def impatient() -> None:
        async with asyncio.timeout(0.1):
            await runner.run(runner.load(file), environment={"TOKEN": "t"})

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
