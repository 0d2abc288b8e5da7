"""The middleware that keeps aiohttp to one request per attempt and one clock per connection.

aiohttp sends an idempotent request a second time, unasked, when the connection breaks before an answer, even
on a brand-new connection; it does so for two exceptions of its own, so ours must not be one of them. And it
bounds connecting per address, without names and proxies; so the one timer over all of it is here.
"""

import asyncio

from aiohttp import (
    ClientHandlerType,
    ClientMiddlewareType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ServerDisconnectedError,
)

from runner.adapters.http.attempt import WireAttempt


class Broken(Exception):
    """A connection broke: hides the cause from aiohttp's resending."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class ConnectTimedOut(Exception):
    """No connection was made in time."""


def once(attempt: WireAttempt) -> ClientMiddlewareType:
    """Return the middleware for one attempt."""

    async def send(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        try:
            async with asyncio.timeout(attempt.limits.connect_s) as timer:
                attempt.connect_timer = timer
                return await handler(request)
        except TimeoutError as error:
            if timer.expired():
                raise ConnectTimedOut from error
            raise
        except (ClientOSError, ServerDisconnectedError) as error:
            raise Broken(error) from error

    return send
