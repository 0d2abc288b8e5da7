"""A gate in an aiohttp service: requests that come before registration are sent away, and none is held."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from runner.adapters.refusal import BODY, STATUS, headers

__all__ = ["Middleware", "middleware"]


def middleware(refuse: Callable[[str], int | None]) -> Middleware:
    """Return the middleware.

    Args:
        refuse: tells, for a path, after how many seconds a client may come again; nothing lets it in.
    """

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        after_s = refuse(request.path)
        if after_s is None:
            return await handler(request)
        return web.Response(status=STATUS, headers=headers(after_s), body=BODY)

    return gate
