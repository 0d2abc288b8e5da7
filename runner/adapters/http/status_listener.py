"""``status.listen``: whether everything is registered, for those who ask over HTTP.

``/livez`` answers as long as we run, ``/readyz`` says 503 until everything required is registered, ``/metrics`` is the
Prometheus report of this moment.
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from runner.adapters.output import cleaned

Readiness = tuple[int, str]
"""Status and text."""


@asynccontextmanager
async def answering(
    listener: socket.socket, ready: Callable[[], Readiness], metrics: Callable[[], Awaitable[str]]
) -> AsyncIterator[None]:
    """Answer for as long as the context lasts.

    Args:
        listener: where.
        ready: gives the answer of ``/readyz``.
        metrics: gives the text of ``/metrics``.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        match request.path:
            case "/livez":
                return web.Response(text="alive\n")
            case "/readyz":
                status, text = ready()
                return web.Response(status=status, text=cleaned(text, masked=True))
            case "/metrics":
                return web.Response(text=cleaned(await metrics(), masked=True), content_type="text/plain")
            case _:
                return web.Response(status=404, text="there are /livez, /readyz and /metrics\n")

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
