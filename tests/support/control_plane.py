"""A control plane on loopback that does what a test tells it: answer, stay silent, or not be there."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, TypeAlias

HOST = "127.0.0.1"
SILENT: Literal["silent"] = "silent"
"""The request is taken and never answered."""
Answers: TypeAlias = Sequence[int | Literal["silent"]]
WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, when its head was read."""

    at_s: float
    what: str
    """Method and path."""


@dataclass(slots=True)
class ControlPlane:
    """What it is told to do, and what it was asked."""

    url: str
    answers: dict[str, Answers] = field(default_factory=dict)
    """By method and path; the last one repeats; 200 where nothing is said."""
    asked: list[Asked] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    @property
    def requests(self) -> list[str]:
        """Method and path of each request, in order."""
        return [each.what for each in self.asked]

    def await_request(self, what: str, times: int = 1, within_s: float = WAIT_S) -> float:
        """Wait until something was asked; returns when it was asked for the last of so many times."""
        until_s = time.monotonic() + within_s
        while len(found := [each.at_s for each in self.asked if each.what == what]) < times:
            assert time.monotonic() < until_s, f"{what} was asked {len(found)} times, of all {self.requests}"
            time.sleep(0.002)
        return found[times - 1]

    def open(self) -> None:
        """Take connections from now on."""
        assert self._server is not None
        self._server.server_activate()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Take no more."""
        assert self._server is not None
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def answer(self, what: str) -> int | Literal["silent"]:
        """Keep the request and return what is to be answered."""
        self.asked.append(Asked(time.monotonic(), what))
        given = self.answers.get(what) or (200,)
        return given[min(self.requests.count(what), len(given)) - 1]


@contextmanager
def control_plane(
    answers: Mapping[str, Answers] | None = None, *, dead: bool = False
) -> Iterator[ControlPlane]:
    """Serve on a free port.

    Args:
        answers: by method and path.
        dead: hold the port and refuse connections, until ``open``.
    """
    over = threading.Event()
    server = ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler, bind_and_activate=False)
    server.daemon_threads = True
    server.request_queue_size = 128
    server.server_bind()
    plane = ControlPlane(f"http://{HOST}:{server.server_address[1]}", dict(answers or {}), _server=server)
    server.RequestHandlerClass = _handler(plane, over)
    if not dead:
        plane.open()
    try:
        yield plane
    finally:
        over.set()
        plane.close()


def _handler(plane: ControlPlane, over: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers as the plane is told."""

        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            answer = plane.answer(f"{self.command} {self.path}")
            if answer == SILENT:
                over.wait()
                self.close_connection = True
                return
            self.send_response_only(answer)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing: what was asked is kept."""

    return Handler
