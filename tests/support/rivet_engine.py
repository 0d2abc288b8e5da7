"""A real Rivet engine on loopback: started, stopped, killed and frozen by the tests, and asked by them.

Every engine has an admin token of its own. It is the proof that what answers on a port is the engine that we
started: an engine whose port is taken does not end, and leaves the answering to whoever has the port.
"""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib import error, request

HOST = "127.0.0.1"
START_S = 30.0
"""Ten times the worst start that was seen, on two cores with eight other processes busy."""
STOP_S = 10.0
STUCK_S = 5.0
"""Seen a few times in hundreds of starts of two engines on a busy machine: one that opens its data and never ends
that, with no port open and nothing more in its log. It is started again; that is no matter of ours."""
PAST_ITS_DATA = "starting services"


class EngineError(Exception):
    """The engine did not do what it always does; the message ends with its log."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the engine said to a question of the test's own."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The three ports that an engine listens on."""

    guard: int
    peer: int
    metrics: int


def free_ports() -> Ports:
    """Return three ports that are free now; all are held until all are chosen."""
    with ExitStack() as held:
        chosen = []
        for _ in range(3):
            holder = held.enter_context(socket.socket())
            holder.bind((HOST, 0))
            chosen.append(holder.getsockname()[1])
    return Ports(guard=chosen[0], peer=chosen[1], metrics=chosen[2])


@dataclass(slots=True)
class Engine:
    """One engine process after the other, on the same ports and the same data."""

    executable: Path
    folder: Path
    config: Mapping[str, Any] | None = None
    """The engine's own configuration, where the environment is not enough."""
    token: str = field(default_factory=lambda: secrets.token_hex(20))
    ports: Ports = field(default_factory=free_ports)
    _process: subprocess.Popen[bytes] | None = None
    _launched_s: float = 0.0
    _said_before: int = 0
    """How long the log was when it was launched."""

    @property
    def url(self) -> str:
        """The address that services call."""
        return f"http://{HOST}:{self.ports.guard}"

    @property
    def log(self) -> str:
        """What it has printed so far."""
        path = self.folder / "engine.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it and come back when it takes registrations."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start it and come back at once."""
        assert self._process is None, "it runs already"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._launched_s, self._said_before = time.monotonic(), len(self.log)
        with (self.folder / "engine.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.executable, *self._options(), "start"],
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def await_port(self) -> None:
        """Wait until it answers anything, which is before it is ready."""
        self._await(self._answers)

    def await_ready(self) -> None:
        """Wait for the first write that it takes: it answers ``/health`` before it is ready."""
        self._await(self._takes_a_write)
        self._check_ownership()

    def stop(self) -> None:
        """End it as an orchestrator does, and by force where that is not enough."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)  # a frozen process would not hear the other one
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()

    def freeze(self) -> None:
        """Let it accept connections and never answer."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._running().send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """End it in order, and start it again on the same data."""
        self.stop()
        self.start()

    def ask(self, method: str, path: str, *, body: Any = None, token: str | None = None) -> Answered:
        """Ask it something, with nothing of ours in between.

        Raises:
            OSError: it did not answer.
        """
        data = None if body is None else json.dumps(body).encode()
        asked = request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        asked.add_header("Authorization", f"Bearer {self.token if token is None else token}")
        try:
            with request.urlopen(asked, timeout=5) as answer:
                return Answered(answer.status, json.loads(answer.read()))
        except error.HTTPError as refused:
            with refused:
                return Answered(refused.code, json.loads(refused.read() or b"null"))

    def pools(self, namespace: str = "default") -> dict[str, Any]:
        """Return all pools of a namespace as the engine lists them."""
        answer = self.ask("GET", f"/runner-configs?namespace={namespace}&limit=500")
        assert answer.status == 200, answer
        pools: dict[str, Any] = answer.body["runner_configs"]
        return pools

    def put_pool(self, name: str) -> None:
        """Give it a pool that is not ours."""
        pool: dict[str, Any] = {"datacenters": {"default": {"normal": {}}}}
        answer = self.ask("PUT", f"/runner-configs/{name}?namespace=default", body=pool)
        assert answer.status == 200, answer

    def create_namespace(self, name: str) -> None:
        """Give it another namespace."""
        answer = self.ask("POST", "/namespaces", body={"name": name, "display_name": name})
        assert answer.status == 200, answer

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it does not run"
        return self._process

    def _await(self, is_so: Callable[[], bool]) -> None:
        until_s = time.monotonic() + START_S
        while not is_so():
            if time.monotonic() > until_s:
                raise EngineError(f"not within {START_S} s\n{self.log}")
            self._check_alive()
            self._launch_again_if_stuck()
            time.sleep(0.01)

    def _launch_again_if_stuck(self) -> None:
        if time.monotonic() < self._launched_s + STUCK_S or PAST_ITS_DATA in self.log[self._said_before :]:
            return
        self.kill()
        self.launch()

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/health").status == 200
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _check_alive(self) -> None:
        status = self._running().poll()
        if status is not None:
            raise EngineError(f"it ended with {status}\n{self.log}")

    def _takes_a_write(self) -> bool:
        """Delete a pool that nobody has: a write that does no harm."""
        try:
            return self.ask("DELETE", "/runner-configs/__ready__?namespace=default").status == 200
        except (OSError, http.client.HTTPException, ValueError):
            return False

    def _check_ownership(self) -> None:
        """A stranger on the port would let in either no token or any."""
        if self.ask("GET", "/datacenters", token="wrong").status != 403:
            raise EngineError(f"somebody else answers at {self.url}\n{self.log}")

    def _options(self) -> Sequence[str]:
        if self.config is None:
            return ()
        path = self.folder / "engine.json"
        path.write_text(json.dumps(self.config), encoding="utf-8")
        return ("--config", str(path))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "RIVET__FILE_SYSTEM__PATH": str(self.folder / "db"),
            "RIVET__GUARD__HOST": HOST,
            "RIVET__GUARD__PORT": str(self.ports.guard),
            "RIVET__API_PEER__HOST": HOST,
            "RIVET__API_PEER__PORT": str(self.ports.peer),
            "RIVET__METRICS__HOST": HOST,
            "RIVET__METRICS__PORT": str(self.ports.metrics),
            "RIVET__TELEMETRY__ENABLED": "false",
            "RIVET__AUTH__ADMIN_TOKEN": self.token,
            "RIVET__RUNTIME__GUARD_SHUTDOWN_DURATION": "1",
            "RIVET__RUNTIME__WORKER_SHUTDOWN_DURATION": "1",
            "RIVET__RUNTIME__FORCE_SHUTDOWN_DURATION": "2",
        }


NewEngine: TypeAlias = Callable[[], Engine]
"""Makes an engine that does not run yet and is stopped when the test ends."""
