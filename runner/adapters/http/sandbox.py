"""A control plane on loopback that plays a script over real sockets.

For the first five minutes and for trying out a file by hand. It proves nothing about the transport: the
tests of that have a laboratory of their own.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from aiohttp import web

from runner.adapters.script import Asked, Player, response_of
from runner.language.stories import ScriptedAnswer
from runner.language.terms import TransportKind

_REFUSALS = {
    TransportKind.CONNECT_REFUSED,
    TransportKind.CONNECT_RESET,
    TransportKind.CONNECT_UNREACHABLE,
    TransportKind.CONNECT_TIMEOUT,
    TransportKind.DNS,
    TransportKind.DNS_TEMPORARY,
}
_HANGS = {TransportKind.READ_TIMEOUT, TransportKind.READ_TIMEOUT_BODY, TransportKind.TOTAL_TIMEOUT}
_LOOK_EVERY_S = 0.02


class Routes(Protocol):
    """Says which step a request belongs to."""

    def __call__(self, method: str, path: str) -> str | None:
        """Return the step, or none."""
        ...


class Sandbox:
    """Serves a script on one address; the port stays the same while it refuses connections."""

    def __init__(
        self,
        script: Sequence[ScriptedAnswer],
        routes: Routes,
        address: tuple[str, int],
        tell: Callable[[str], None],
    ) -> None:
        self._player = Player(script)
        self._routes = routes
        self._steps = {answer.step for answer in script} | {None}
        self._tell = tell
        self._socket = _bound(*address)
        self._address = (address[0], self._socket.getsockname()[1])
        self._runner = web.ServerRunner(web.Server(self._answer))
        self._site: web.SockSite | None = None
        self._began_s = 0.0
        self._gatekeeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The base URL that is served."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def __aenter__(self) -> Self:
        self._began_s = asyncio.get_running_loop().time()
        await self._runner.setup()
        await self._open_or_close()
        self._gatekeeper = asyncio.create_task(self._keep_gate(), name="sandbox gate")
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._gatekeeper is not None:
            self._gatekeeper.cancel()
        await self._runner.cleanup()
        self._socket.close()

    def _elapsed_s(self) -> float:
        return asyncio.get_running_loop().time() - self._began_s

    async def _keep_gate(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await self._open_or_close()

    async def _open_or_close(self) -> None:
        """Listen, unless the script refuses whatever comes: a bound port without a listener does that."""
        refuses = all(
            self._refuses(self._player.peek(Asked(step), self._elapsed_s())) for step in self._steps
        )
        if refuses and self._site is not None:
            await self._site.stop()
            self._site = None
            self._socket = _bound(*self._address)
            self._tell("refuses connections")
        if not refuses and self._site is None:
            self._site = web.SockSite(self._runner, self._socket)
            await self._site.start()
            self._tell(f"listens on {self.url}")

    def _refuses(self, answer: ScriptedAnswer) -> bool:
        lasts = answer.for_s is not None or answer.until_s is not None
        return answer.error in _REFUSALS and lasts

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        step = self._routes(request.method, request.rel_url.raw_path)
        answer = self._player.due(Asked(step), self._elapsed_s())
        what = f"{request.method} {request.rel_url.raw_path}" + (f" ({step})" if step else "")
        await asyncio.sleep(answer.latency_s)
        if answer.error is None:
            self._tell(f"{what}: {answer.status}")
            response = response_of(answer)
            return web.Response(status=response.status, headers=response.headers, body=response.body)
        self._tell(f"{what}: {answer.error}")
        if answer.error in _HANGS:
            await asyncio.Event().wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
