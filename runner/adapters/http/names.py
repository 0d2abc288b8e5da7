"""Looking up host names so that giving up on a look-up also lets go of it.

The system's look-up can hang for half a minute and cannot be stopped. In the loop's own thread pool it would
hold up the end of the whole process for as long; a daemon thread of its own holds up nothing.
"""

import asyncio
import errno
import functools
import socket
import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Found: TypeAlias = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]


_KEPT_S = 5.0
"""So long what nobody waited for any more is kept: the next attempt is not to begin the same wait anew."""
_Key: TypeAlias = tuple[str, int, int]


class DaemonResolver(AbstractResolver):
    """Asks the system. One look-up serves all who wait for it, also who comes after the first has given up waiting.

    What somebody was given is not kept: the system has a cache where one is wanted.
    """

    def __init__(self) -> None:
        self._under_way: dict[_Key, asyncio.Future[Found]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, in the system's order of preference.

        Raises:
            OSError: when there are none, with the number that tells "not now" from "not at all".
        """
        key = (host, port, int(family))
        answer = self._under_way.get(key)
        if answer is None:
            answer = self._under_way[key] = _in_a_daemon(host, port, family)
            answer.add_done_callback(functools.partial(self._ended, key))
        found = await asyncio.shield(answer)
        self._forget(key, answer)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "it has no address")
        return [_result(host, port, entry) for entry in found]

    async def close(self) -> None:
        """Nothing is held that needs an end; sessions that share it close it one by one."""

    def _ended(self, key: _Key, answer: "asyncio.Future[Found]") -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._forget(key, answer)
        else:
            asyncio.get_running_loop().call_later(_KEPT_S, self._forget, key, answer)

    def _forget(self, key: _Key, answer: "asyncio.Future[Found]") -> None:
        if self._under_way.get(key) is answer:
            del self._under_way[key]


def _in_a_daemon(host: str, port: int, family: int) -> asyncio.Future[Found]:
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
    return answer


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
