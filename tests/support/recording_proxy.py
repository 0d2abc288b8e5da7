"""A reverse proxy that keeps what passes: what was on the wire, and not what somebody says was."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One request and the status that it got."""

    at_s: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes
    status: int

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(slots=True)
class Wire:
    """What passed a proxy so far."""

    url: str
    passed: list[Passed] = field(default_factory=list)
    cuts: set[str] = field(default_factory=set)
    """Methods whose next answer is cut: the request goes through, and the connection is closed."""

    @property
    def requests(self) -> list[str]:
        """Method and path of each request, in order."""
        return [str(each) for each in self.passed]


@contextmanager
def recorded(target: str) -> Iterator[Wire]:
    """Open a proxy in front of a server on loopback."""
    to = urlsplit(target)
    assert to.port is not None
    server = ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler)
    server.daemon_threads = True
    wire = Wire(f"http://{HOST}:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(to.port, wire)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(port: int, wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Passes a request on, and the answer back."""

        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            at_s = time.monotonic()
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, headers, answer = self._forwarded(body)
            where = urlsplit(self.path)
            wire.passed.append(
                Passed(
                    at_s=at_s,
                    method=self.command,
                    path=where.path,
                    query=dict(parse_qsl(where.query)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                    status=status,
                )
            )
            if self.command in wire.cuts:
                wire.cuts.discard(self.command)
                self.close_connection = True
                return
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _forwarded(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection(HOST, port, timeout=30)
            try:
                headers = {n: v for n, v in self.headers.items() if n.lower() not in _OF_ONE_CONNECTION}
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in _OF_ONE_CONNECTION]
                return answer.status, kept, answer.read()
            finally:
                connection.close()

        do_GET = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing: what passed is in the record."""

    return Handler
