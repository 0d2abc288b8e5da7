"""A reverse proxy that keeps what passes: what was on the wire, and not what somebody says was."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.http_server import HOST, Reply, Request, serving

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

    url: str = ""
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
    port = urlsplit(target).port
    assert port is not None
    wire = Wire()

    def pass_on(request: Request) -> Reply | None:
        at_s = time.monotonic()
        reply = _forwarded(port, request)
        where = urlsplit(request.path)
        passed = Passed(
            at_s=at_s,
            method=request.method,
            path=where.path,
            query=dict(parse_qsl(where.query)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
            status=reply.status,
        )
        wire.passed.append(passed)
        if request.method in wire.cuts:
            wire.cuts.discard(request.method)
            return None
        return reply

    with serving(pass_on) as wire.url:
        yield wire


def _forwarded(port: int, request: Request) -> Reply:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        headers = {n: v for n, v in request.headers.items() if n.lower() not in _OF_ONE_CONNECTION}
        connection.request(request.method, request.path, request.body or None, headers)
        answer = connection.getresponse()
        kept = {n: v for n, v in answer.getheaders() if n.lower() not in _OF_ONE_CONNECTION}
        return Reply(answer.status, answer.read(), kept)
    finally:
        connection.close()
