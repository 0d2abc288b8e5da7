"""The whole life at an entrypoint, on the real engine: start, register, be forgotten, register again, say goodbye."""

import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.enlist_command import EnlistCommand, Running
from support.rivet_engine import Engine

pytestmark = pytest.mark.rivet

EXAMPLES = Path(__file__).parents[2] / "examples" / "rivet"
LONG_S = 30.0
POOL = "thumbnails"


def free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The example, with a heartbeat that a test can wait for."""
    text = (EXAMPLES / "entrypoint.enlist.yaml").read_text(encoding="utf-8")
    assert "every: 10s" in text
    quick = tmp_path / "entrypoint.enlist.yaml"
    quick.write_text(text.replace("every: 10s", "every: 500ms"), encoding="utf-8")
    return quick


@pytest.fixture
def start(enlist: EnlistCommand, file: Path, tmp_path: Path) -> Callable[[], Running]:
    """Start the service under the command."""

    def begin() -> Running:
        port = free_port()
        service = [sys.executable, str(EXAMPLES / "service.py")]
        return enlist.start(
            file, "--", *service, RIVET_POOL=POOL, PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}/api/rivet",
            ENLIST_STATE_DIR=str(tmp_path / "state"),
        )  # fmt: skip

    return begin


def becomes(is_so: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + LONG_S
    while not is_so():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


def reaches_the_service(engine: Engine) -> bool:
    """Whether the engine knows the pool, and has read the metadata of its service."""
    datacenters = engine.pools().get(POOL, {}).get("datacenters", {})
    return bool(datacenters) and all(each["protocol_version"] for each in datacenters.values())


def test_a_service_is_registered_when_it_answers_and_is_taken_away_at_its_end(
    engine: Engine, start: Callable[[], Running]
) -> None:
    running = start()

    assert becomes(lambda: reaches_the_service(engine))
    running.process.send_signal(signal.SIGTERM)
    ended = running.finish()
    assert ended.status == 0, ended
    assert POOL not in engine.pools()


def test_an_engine_that_comes_back_empty_gets_the_pool_again(
    engine: Engine, start: Callable[[], Running]
) -> None:
    running = start()
    # The engine lists a pool before it has answered to its PUT; only a registration that stands can be lost.
    assert becomes(lambda: "registered pool" in (running.folder / "err").read_text(encoding="utf-8"))
    engine.kill()
    shutil.rmtree(engine.folder / "db")
    engine.start()

    assert becomes(lambda: reaches_the_service(engine)), running.process.poll()
    running.process.send_signal(signal.SIGTERM)
    ended = running.finish()
    assert ended.status == 0, ended
    assert "no longer registered" in ended.err
    assert POOL not in engine.pools()


def test_a_wrong_token_stops_the_service_with_77(
    engine: Engine, enlist: EnlistCommand, file: Path, tmp_path: Path
) -> None:
    port = free_port()
    ended = enlist.run(
        file, "--", sys.executable, str(EXAMPLES / "service.py"), RIVET_POOL=POOL, PORT=str(port),
        PUBLIC_URL=f"http://127.0.0.1:{port}/api/rivet", RIVET_TOKEN="wrong-token",
        ENLIST_STATE_DIR=str(tmp_path / "state"),
    )  # fmt: skip

    assert ended.status == 77, ended
    assert POOL not in engine.pools()


def test_a_service_that_crashes_keeps_its_pool_and_its_exit_status(
    engine: Engine, enlist: EnlistCommand, file: Path, tmp_path: Path
) -> None:
    crashing = "import os, runpy, threading, time\nthreading.Thread(target=lambda: (time.sleep(float(os.environ['CRASH_S'])), os._exit(3)), daemon=True).start()\nrunpy.run_path(os.environ['SERVICE'], run_name='__main__')"
    port = free_port()
    running = enlist.start(
        file, "--", sys.executable, "-c", crashing, RIVET_POOL=POOL, PORT=str(port), CRASH_S="3",
        SERVICE=str(EXAMPLES / "service.py"), PUBLIC_URL=f"http://127.0.0.1:{port}/api/rivet",
        ENLIST_STATE_DIR=str(tmp_path / "state"),
    )  # fmt: skip
    assert becomes(lambda: reaches_the_service(engine))
    ended = running.finish()

    assert ended.status == 3, ended
    assert POOL in engine.pools()
