"""Connections as this adapter wants them: no names kept, no limits, and none that the server spoke on unasked.

Bytes that arrive on an idle connection would be taken for the answer to the next request: a 408 sent while
idling, or worse a 200, would be reported of a request that the server has not read.
"""

import functools
import os
from typing import TYPE_CHECKING

from aiohttp import BaseConnector, ClientRequest, ClientTimeout, TCPConnector, UnixConnector
from aiohttp.connector import Connection

from runner.adapters.http.head import HeadReader
from runner.adapters.http.names import DaemonResolver
from runner.adapters.http.refusal import Refused
from runner.language.terms import TransportKind

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.tracing import Trace

KEPT_IDLE_S = 1.0
"""Servers close idle connections after two seconds at the earliest; a request that meets such a close may or
may not have been processed, and nobody can tell."""


MAX_SOCKET_PATH_BYTES = 103
"""What every system allows; Linux has four more."""


class _SilentOnly(BaseConnector):
    """Hands out kept connections only if nothing was received on them since their last answer."""

    async def connect(
        self,
        req: ClientRequest,
        traces: "list[Trace]",
        timeout: ClientTimeout,  # noqa: ASYNC109 - the signature is aiohttp's
    ) -> Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()

    def read_heads_with_care(self) -> None:
        """Make connections whose protocol is ours."""
        protocol: type[ResponseHandler] = HeadReader
        self._factory = functools.partial(protocol, loop=self._loop)


class _Tcp(_SilentOnly, TCPConnector):
    pass


class _Unix(_SilentOnly, UnixConnector):
    pass


def connector(socket: str | None, resolver: DaemonResolver, *, fresh: bool) -> BaseConnector:
    """Return a connector to a unix socket or, without one, to wherever URLs point.

    A fresh one gives every request a connection of its own. The resolver is shared, so that a look-up that one
    request has begun serves the next.

    Raises:
        Refused: when no socket can have this path; uvloop would cut it short and look for another file.
    """
    kept_s = None if fresh else KEPT_IDLE_S
    if socket is not None:
        if len(os.fsencode(socket)) > MAX_SOCKET_PATH_BYTES:
            raise Refused(TransportKind.REQUEST_INVALID, f"the path {socket} is too long for a socket")
        made: _SilentOnly = _Unix(socket, force_close=fresh, keepalive_timeout=kept_s, limit=0)
    else:
        made = _Tcp(
            force_close=fresh, keepalive_timeout=kept_s, limit=0, use_dns_cache=False, resolver=resolver
        )
    made.read_heads_with_care()
    return made
