"""A gate is a guest: its host's signals, logging and start-up time are not its own."""

import asyncio
import logging
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gate.test_requests import app as asgi_app
from support.scripted_gate import FILE

import runner

README = Path(__file__).parents[2] / "README.md"
NOBODY = "http://127.0.0.1:1"
WATCHED = """
import asyncio, logging, sys, runner
gate = runner.Gate(runner.load(sys.argv[1]))
async def main():
    async with gate:
        gate.asgi(None), gate.aiohttp_middleware()
        await asyncio.sleep(0.1)
asyncio.run(main())
assert "runner.commands.real" in sys.modules
print(sorted(set(sys.modules) & {"loguru", "uvloop", "rich"}), logging.root.handlers)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "enlist.yaml"
    path.write_text(FILE.replace("http://plane", NOBODY))
    return path


def test_no_log_is_configured_nothing_is_written_and_no_logger_is_loaded(file: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED, file], capture_output=True, text=True, check=True, timeout=20
    )

    assert (ended.stdout, ended.stderr) == ("[] []\n", "")


def test_the_host_s_signals_and_logging_are_left_alone(file: Path) -> None:
    def of_the_host() -> list[Any]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        return [*handlers, list(logging.root.handlers), logging.root.level]

    async def course() -> list[Any]:
        async with runner.Gate(runner.load(file)):
            await asyncio.sleep(0.05)
            return of_the_host()

    before = of_the_host()

    assert before[0] is not None
    assert asyncio.run(course())[1:] == before[1:]  # the loop itself takes SIGINT
    assert of_the_host() == before


def test_the_gate_s_own_module_costs_no_http() -> None:
    program = "import sys, runner; runner.Gate; assert 'runner.gate' in sys.modules; print('aiohttp' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=20
    )

    assert ended.stdout == "False\n"


def test_the_example_of_the_readme_runs(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```python\n([^`]*Gate[^`]*)```", README.read_text(encoding="utf-8"))
    monkeypatch.chdir(file.parent)
    names = SimpleNamespace(runner=runner, app=asgi_app)
    exec(block, vars(names))

    assert isinstance(names.gate, runner.Gate)
    assert names.app is not asgi_app
