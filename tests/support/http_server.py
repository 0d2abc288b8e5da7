"""The HTTP server of every test that needs one on the loopback: a function answers each request, and keeps what it likes."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """As they were written."""
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Responder: TypeAlias = Callable[[Request], Reply | None]
"""Answers a request; with none the connection is closed."""


class LoopbackServer:
    """Holds a port of the loopback, and serves there while it is open; until then connections are refused."""

    def __init__(self, respond: Responder) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), _handler(respond), bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.request_queue_size = 128
        self._server.server_bind()
        self._thread: threading.Thread | None = None
        self.url = f"http://{HOST}:{self._server.server_address[1]}"

    def open(self) -> None:
        """Take connections from now on."""
        self._server.server_activate()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Take no more."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


@contextmanager
def serving(respond: Responder) -> Iterator[str]:
    """Serve on a free port; yields the URL."""
    server = LoopbackServer(respond)
    server.open()
    try:
        yield server.url
    finally:
        server.close()


def _handler(respond: Responder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = Request(
                method=self.command, path=self.path, headers=dict(self.headers.items()), body=body
            )
            reply = respond(request)
            if reply is None:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            with suppress(ConnectionError):  # who asked may have ended meanwhile
                self.end_headers()
                self.wfile.write(reply.body)

        do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing: the tests look at what the command says."""

    return Handler
