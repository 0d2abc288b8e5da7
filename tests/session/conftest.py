"""A control plane in this process, and the command beside it in a folder of its own."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

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
        self.may_delete = Event()
        """Not set while a DELETE is to wait for its answer."""
        self.may_delete.set()
        self.may_get = Event()
        """Not set while a GET is to wait for its answer."""
        self.may_get.set()

    def answer(self, method: str, path: str) -> int:
        """Return the status for a request."""
        self.asked.append(f"{method} {path}")
        if method == "DELETE":
            self.may_delete.wait(LONG_S)
        if method == "GET":
            self.may_get.wait(LONG_S)
        if path == "/beat" and self.forgets:
            self.forgets = False
            return 404
        return self.beat_status if path == "/beat" and self.beat_status else self.status


@pytest.fixture
def plane() -> Iterator[Plane]:
    plane = Plane()

    def answer(request: Request) -> Reply:
        plane.traces.add(request.headers.get("traceparent"))
        return Reply(plane.answer(request.method, request.path), headers={"X-Id": "7"})

    with serving(answer) as plane.url:
        yield plane
        plane.may_delete.set()
        plane.may_get.set()


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

    def drop_heartbeat(self) -> None:
        """Leave a registration that is made once and not kept."""
        lines = (self.folder / "f.yaml").read_text().splitlines(keepends=True)
        (self.folder / "f.yaml").write_text("".join(line for line in lines if "heartbeat:" not in line))

    @property
    def pid(self) -> int:
        """The number of the run that was begun last."""
        return self.started[-1].pid

    @property
    def out(self) -> str:
        """What the runs that were begun have said on standard output."""
        return (self.folder / "out").read_text()

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
    """Wait until something is so; returns whether it became so."""
    until_s = time.monotonic() + LONG_S
    while not is_so():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True


def registrar_of(init: int) -> int:
    """Return the process that talks to the control plane."""
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            words = (each / "cmdline").read_bytes().split(b"\0")
            parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == init and b"registrar" in words:
                return int(each.name)
    raise AssertionError("there is no registrar")
