"""An answer that remembers how its connection ended.

aiohttp takes any end of the connection for the end of a body without framing, also a reset, and has let go
of the connection by the time the body is read. A reset is a cut; so the answer keeps hold of the protocol.
"""

from typing import Self

from aiohttp import ClientResponse
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection


class TrackedResponse(ClientResponse):
    """A response whose connection's end can be asked for."""

    _seen: ResponseHandler | None = None

    async def start(self, connection: Connection) -> Self:
        """Read the headers, having noted the protocol."""
        self._seen = connection.protocol
        await super().start(connection)
        return self

    def was_reset(self) -> bool:
        """Whether the connection broke, instead of being closed or kept."""
        return self._seen is not None and isinstance(self._seen.exception(), OSError)
