"""The fault laboratory: servers on loopback that fail in one chosen way each, and count what reached them.

A server is a function that gets each new ``Visit`` and does with it what it likes. Counts are taken from the
bytes that arrived, not from what a client says it sent.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from msgspec.structs import fields as fields_of

from runner.adapters.http.transport import AiohttpTransport
from runner.model.bound import BoundEndpoint, BoundTls
from runner.model.exchange import Exchange, Limits, Request
from runner.model.secret import Text

HOST = "127.0.0.1"
LIMITS = Limits(attempt_s=5.0, connect_s=5.0)
"""So long that only a defect of ours can make a case meet them."""
SHORT = Limits(attempt_s=0.3, connect_s=5.0)
QUICK = Limits(attempt_s=5.0, connect_s=0.3)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"


@dataclass(slots=True)
class Counts:
    """What a server saw."""

    connections: int = 0
    requests: int = 0
    bodies: int = 0
    """Complete request bodies, the empty ones not counted."""

    def __iter__(self) -> Iterator[int]:
        return iter((self.connections, self.requests, self.bodies))


@dataclass(slots=True)
class Visit:
    """One accepted connection, with everything one can do to it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    counts: Counts
    heads: list[bytes]

    async def head(self) -> bytes:
        """Read a request up to its empty line."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.counts.requests += 1
        self.heads.append(head)
        return head

    async def request(self) -> bytes:
        """Read a whole request and return its body."""
        length = _content_length(await self.head())
        body = await self.reader.readexactly(length)
        self.counts.bodies += bool(length)
        return body

    async def send(self, data: bytes) -> None:
        """Write, and let the client have it before anything else happens."""
        self.writer.write(data)
        await self.writer.drain()
        await asyncio.sleep(0.01)

    async def answer(self, data: bytes) -> None:
        """Read a request and reply."""
        await self.request()
        await self.send(data)

    def raw_write(self, data: bytes) -> None:
        """Write beneath TLS."""
        descriptor = self.writer.get_extra_info("socket").fileno()
        with socket.socket(fileno=socket.dup(descriptor)) as beneath:
            beneath.send(data)

    def close(self) -> None:
        """End politely, with FIN."""
        self.writer.close()

    def reset(self) -> None:
        """End rudely, with RST."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Keep the connection and say nothing."""
        await asyncio.Event().wait()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


Behaviour = Callable[[Visit], Awaitable[None]]


@dataclass(slots=True)
class Server:
    """A server with one behaviour, on TCP or on a unix socket."""

    behave: Behaviour
    tls: ssl.SSLContext | None = None
    socket_path: str | None = None
    host: str = HOST
    counts: Counts = field(default_factory=Counts)
    heads: list[bytes] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        if self.socket_path is not None:
            self._server = await asyncio.start_unix_server(self._visited, self.socket_path)
            return self
        self._server = await asyncio.start_server(self._visited, self.host, 0, ssl=self.tls, backlog=500)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        await settle()

    @property
    def url(self) -> str:
        """The address to send to."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}/path"

    @property
    def visits(self) -> int:
        """How many go on."""
        return len(self._tasks)

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.counts.connections += 1
        visit = Visit(reader, writer, self.counts, self.heads)
        try:
            await self.behave(visit)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client went, or the laboratory closes
        finally:
            if not writer.transport.is_closing():
                writer.transport.abort()
            self._tasks.discard(task)


async def settle() -> None:
    """Let closed transports finish: an unfinished one is a warning, and warnings are errors."""
    for _ in range(5):
        await asyncio.sleep(0)


async def until(holds: Callable[[], object]) -> None:
    """Wait for something that is about to happen; the test's own limit ends it otherwise."""
    while not holds():  # noqa: ASYNC110 - what is awaited happens in counts, not in an event
        await asyncio.sleep(0.005)


@contextlib.contextmanager
def full_backlog(host: str = HOST, port: int = 0) -> Iterator[int]:
    """Listen so that no connection is ever accepted: the queue is full, and the kernel drops the rest."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield port


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def endpoint(**changes: Any) -> BoundEndpoint:
    """Return an endpoint named ``e``; what a transport must not look at is none, and so fails if it does."""
    unseen: dict[str, Any] = {field.name: None for field in fields_of(BoundEndpoint)}
    seen = {"name": "e", "tls": BoundTls(), "proxy": "none", "max_response_bytes": 1024 * 1024}
    return BoundEndpoint(**(unseen | seen | changes))


def request(url: Text, method: str = "POST", **changes: Any) -> Request:
    """Return a request, by default the kind that must not be sent twice."""
    fields: dict[str, Any] = {"body": b'{"a":1}' if method in {"POST", "PUT"} else None}
    return Request(endpoint="e", step="s", method=method, url=url, **(fields | changes))


@contextlib.asynccontextmanager
async def transport(**changes: Any) -> AsyncIterator[AiohttpTransport]:
    """Yield a transport with one endpoint."""
    async with AiohttpTransport({"e": endpoint(**changes)}) as made:
        yield made
    await settle()


def unheard() -> None:
    """Take no note that a request went out; the server's counts say it better."""


async def send(
    url: Text,
    method: str = "POST",
    *,
    limits: Limits = LIMITS,
    on: dict[str, Any] | None = None,
    **changes: Any,
) -> Exchange:
    """Send one request through a transport of its own."""
    async with transport(**(on or {})) as made:
        return await made.send(request(url, method, **changes), limits, unheard)
