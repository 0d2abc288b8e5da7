"""Real control planes on loopback: fetched, started, killed, frozen and asked by the tests."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib import error, request

HOST = "127.0.0.1"
START_S = 40.0
STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server said to a question of the test's own."""

    status: int
    body: Any
    """Its JSON; a text where it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """What is different about a control plane; the story is one for all."""

    recipe: str
    given: Mapping[str, Any]
    """What the recipe is given."""
    install: Callable[[], Path]
    """Returns the server's program, fetched now if it is not there."""
    command: Callable[["Server"], Sequence[str | int | Path]]
    ready: str
    """A path that answers with 200 once the server is ready."""
    found: Callable[["Server"], bool]
    """Looks from outside whether the registration is there."""
    mistake: Mapping[str, Any]
    """What differs from what is given where the server refuses it for good."""
    refused: tuple[int, str]
    """The exit status then, and a part of what is said."""
    endpoint: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """What a question of the test's own needs."""
    keeps_data: bool = True
    """Whether a server that is killed finds its data again."""
    goes: bool = True
    """Whether the registration is gone after a deregistration."""
    every: str = "1s"
    """How often the beats come."""
    prepare: Callable[["Server"], None] = lambda _: None
    """Makes what the server needs before its first start."""
    setup: Callable[["Server"], None] = lambda _: None
    """Makes what must be there before a registration, each time the server has lost its data."""


@dataclass(slots=True)
class Server:
    """One process of a control plane after the other, on the same ports and the same data."""

    plane: Plane
    folder: Path
    ports: Sequence[int] = ()
    _process: subprocess.Popen[bytes] | None = None
    program: Path = Path()

    def __post_init__(self) -> None:
        self.program = self.plane.install()
        self.ports = _free_ports(8)

    @property
    def url(self) -> str:
        """The address that services call."""
        return f"http://{HOST}:{self.ports[0]}"

    @property
    def data(self) -> Path:
        """Where it keeps what it knows."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What it has printed so far."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def launch(self) -> None:
        """Start it and come back at once."""
        assert self._process is None, "it runs already"
        if not self.data.exists():
            self.data.mkdir(parents=True)
            self.plane.prepare(self)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                list(map(str, self.plane.command(self))),
                env={"PATH": os.environ["PATH"], "HOME": str(self.data)},
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self) -> None:
        """Let it run, and come back when it is ready."""
        if self._process is None:
            self.launch()
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until it answers as it does when it is ready."""
        until_s = time.monotonic() + START_S
        while not self._is_ready():
            assert time.monotonic() < until_s, f"it is not ready\n{self.log[-4000:]}"
            assert self._process is not None, "it does not run"
            assert self._process.poll() is None, f"it ended\n{self.log[-4000:]}"
            time.sleep(0.02)
        self.plane.setup(self)

    def kill(self, *, with_data: bool = True) -> None:
        """End it as the kernel does when memory is short; without its data as a new container would begin."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_S)
        if not with_data:
            shutil.rmtree(self.data)

    def freeze(self, seconds: float) -> None:
        """Let it accept connections and answer none of them for a while."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.killpg(self._process.pid, signal.SIGCONT)

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Ask it something, with nothing of ours in between.

        Raises:
            OSError: it did not answer.
        """
        data = None if body is None else json.dumps(body).encode()
        words = {"Content-Type": "application/json", **self.plane.headers, **(headers or {})}
        asked = request.Request(self.url + path, data, words, method=method)
        try:
            with request.urlopen(asked, timeout=5) as answer:
                return Answered(answer.status, _json(answer.read()))
        except error.HTTPError as refused:
            with refused:
                return Answered(refused.code, _json(refused.read()))

    def has_it(self) -> bool:
        """Whether the registration is there; a server that does not answer says nothing of the kind."""
        try:
            return self.plane.found(self)
        except OSError:
            return False

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", self.plane.ready).status == 200
        except OSError:
            return False


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def _free_ports(count: int) -> Sequence[int]:
    """Return ports that are free now; all are held until all are chosen."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
