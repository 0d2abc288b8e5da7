"""Looking up host names so that giving up on a look-up also lets go of it.

The system's look-up can hang for half a minute and cannot be stopped. In the loop's own thread pool it would
hold up the end of the whole process for as long; a daemon thread of its own holds up nothing.
"""

import asyncio
import errno
import socket
import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Found: TypeAlias = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]


class DaemonResolver(AbstractResolver):
    """Asks the system, keeps nothing: the system has a cache where one is wanted."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, in the system's order of preference.

        Raises:
            OSError: when there are none, with the number that tells "not now" from "not at all".
        """
        found = await _in_a_daemon(host, port, family)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "it has no address")
        return [_result(host, port, entry) for entry in found]

    async def close(self) -> None:
        """Nothing is held."""


async def _in_a_daemon(host: str, port: int, family: int) -> Found:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def look_up() -> None:
        try:
            # The flag leaves out IPv6 addresses on machines without IPv6, and the other way round.
            found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the one who waits
            _tell(loop, answer, [], error)
        else:
            _tell(loop, answer, found, None)

    try:
        threading.Thread(target=look_up, name=f"look-up of {host}", daemon=True).start()
    except RuntimeError:
        raise OSError(errno.EAGAIN, "no thread can be started") from None
    return await answer


def _tell(
    loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Found], found: Found, error: Exception | None
) -> None:
    """Hand the result over, unless nobody waits any more."""

    def set_it() -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)

    try:
        loop.call_soon_threadsafe(set_it)
    except RuntimeError:
        return  # the loop was closed meanwhile, which is the reason for all this


def _result(host: str, port: int, entry: tuple[int, int, int, str, tuple[Any, ...]]) -> ResolveResult:
    family, _, proto, _, address = entry
    scope = f"%{address[3]}" if family == socket.AF_INET6 and address[3] else ""
    return ResolveResult(
        hostname=host,
        host=f"{address[0]}{scope}",
        port=port,
        family=family,
        proto=proto,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
