"""The examples as people run them: real servers, each a process of its own, and a control plane that calls back.

The control plane keeps the PUT in its hands until the test lets it go, as a Rivet engine does while it fetches the
service's metadata.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import pytest
from support.http_server import Reply, Request, serving

FOLDER = Path(__file__).parents[2] / "examples" / "python"
HOST = "127.0.0.1"
WITHIN_S = 20.0


@dataclass
class Plane:
    """A control plane that stores what it is sent once the test lets it."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    metadata: list[int] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    lets_go: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    status: int
    headers: Message
    body: bytes


def get(url: str) -> Answer:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.headers, refused.read())


def until(holds: Callable[[], bool]) -> None:
    """Look again until something holds."""
    ends_s = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < ends_s, "it did not come to hold"
        time.sleep(0.02)


@pytest.fixture
def plane() -> Iterator[Plane]:
    known = Plane()

    def answer(request: Request) -> Reply:
        if request.method == "PUT":
            sent = json.loads(request.body)
            called_back = get(f"{sent['datacenters']['default']['serverless']['url']}/metadata")
            known.metadata.append(called_back.status)
            known.held.set()
            known.lets_go.wait(WITHIN_S)
        known.asked.append(f"{request.method} {request.path.partition('?')[0]}")
        body = {"datacenters": [{"name": "default"}]} if request.method == "GET" else {}
        return Reply(body=json.dumps(body).encode())

    with serving(answer) as known.url:
        try:
            yield known
        finally:
            known.lets_go.set()


@dataclass
class Service:
    """An example that runs."""

    url: str
    process: subprocess.Popen[str]

    def end(self) -> str:
        """Ask it to end, as a platform does; returns what it wrote to standard error."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=WITHIN_S)[1]


@pytest.fixture(params=["aiohttp", "asgi"])
def service(plane: Plane, request: pytest.FixtureRequest) -> Iterator[Service]:
    with socket.create_server((HOST, 0)) as free:
        port = str(free.getsockname()[1])
    words = {
        "aiohttp": ["aiohttp_service.py"],
        "asgi": ["-m", "uvicorn", "asgi_service:app", "--host", HOST, "--port", port],
    }[request.param]
    url = f"http://{HOST}:{port}"
    environment = {
        **os.environ, "PORT": port, "RIVET_ENDPOINT": plane.url, "PUBLIC_URL": f"{url}/api/rivet",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=FOLDER,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Service(url, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=WITHIN_S)


def test_it_is_closed_while_it_registers_but_for_what_is_exempt(plane: Plane, service: Service) -> None:
    assert plane.held.wait(WITHIN_S)
    early, health = get(f"{service.url}/"), get(f"{service.url}/healthz")

    assert plane.metadata == [200]
    assert (early.status, early.headers["Retry-After"]) == (503, "1")
    assert json.loads(early.body)["detail"] == "registering"
    assert (health.status, json.loads(health.body)) == (200, {"registered": False})


def test_it_opens_once_it_is_registered_and_deregisters_when_it_is_asked_to_end(
    plane: Plane, service: Service
) -> None:
    plane.lets_go.set()
    assert plane.held.wait(WITHIN_S)
    until(lambda: get(f"{service.url}/").status == 200)
    said = service.end()

    assert plane.asked == ["GET /datacenters", "PUT /runner-configs/python", "DELETE /runner-configs/python"]
    assert service.process.returncode in {0, -signal.SIGTERM}
    assert "Traceback" not in said


def test_it_ends_at_once_while_it_registers_and_undoes_what_may_have_taken_effect(
    plane: Plane, service: Service
) -> None:
    assert plane.held.wait(WITHIN_S)
    began_s = time.monotonic()
    said = service.end()

    assert time.monotonic() - began_s < 5
    assert "DELETE /runner-configs/python" in plane.asked
    assert "Traceback" not in said
