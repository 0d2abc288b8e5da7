"""The Python services of the examples on the real engine, which fetches their metadata while it takes the PUT."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib import request

import pytest
from support.rivet_engine import Engine

pytestmark = pytest.mark.rivet

FOLDER = Path(__file__).parents[2] / "examples" / "python"
LONG_S = 30.0


def becomes(is_so: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + LONG_S
    while not is_so():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.05)
    return True


def serves(url: str) -> bool:
    try:
        with request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize(
    "words", [["aiohttp_service.py"], ["-m", "uvicorn", "asgi_service:app", "--port", "PORT"]]
)
def test_a_pool_of_a_python_service_lives_as_long_as_the_service(engine: Engine, words: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {
        **os.environ,
        "PORT": port,
        "RIVET_ENDPOINT": engine.url,
        "RIVET_TOKEN": engine.token,
        "PUBLIC_URL": f"http://127.0.0.1:{port}/api/rivet",
    }
    command = [sys.executable, *(port if word == "PORT" else word for word in words)]
    service = subprocess.Popen(
        command, cwd=FOLDER, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        # The engine lists the pool before it has answered: only the service knows when it is registered.
        assert becomes(lambda: serves(f"http://127.0.0.1:{port}/"))
        (pool,) = engine.pools()["python"]["datacenters"].values()
        service.send_signal(signal.SIGTERM)
        service.wait(LONG_S)
    finally:
        if service.poll() is None:
            service.kill()
        service.wait(LONG_S)

    assert pool["serverless"]["url"] == environment["PUBLIC_URL"]
    # The engine knows it only from the metadata: the gate has let it in.
    assert pool["protocol_version"] == 8
    assert "python" not in engine.pools()
