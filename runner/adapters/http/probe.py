"""One look at whether the application is ready: by HTTP, by connecting, at a file, or with a command."""

import asyncio
import os
import signal
from collections.abc import Sequence

import aiohttp

from runner.language.lifecycle import ProbeKind, Ready

LOOK_S = 3.0
"""How long one look may take."""


async def probe(ready: Ready, target: Sequence[str], left_s: float) -> str | None:
    """Look once.

    Args:
        ready: how to look.
        target: at what, rendered.
        left_s: how long the application still has; a look takes no longer.

    Returns:
        What speaks against the application being ready, or nothing.
    """
    within_s = min(LOOK_S, left_s)
    try:
        async with asyncio.timeout(within_s):
            return await _LOOKS[ready.kind](target)
    except TimeoutError:
        return f"{' '.join(target)} did not answer within {within_s:.3g}s"
    except aiohttp.InvalidURL:
        return f"{target[0]} is not a URL"
    except (OSError, OverflowError, aiohttp.ClientError, ValueError) as error:
        return f"{' '.join(target)}: {_in_words(error)}"


async def _http(target: Sequence[str]) -> str | None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
        session.get(target[0], allow_redirects=False) as response,
    ):
        return None if 200 <= response.status < 300 else f"{target[0]} answered {response.status}"


async def _tcp(target: Sequence[str]) -> str | None:
    host, _, port = target[0].rpartition(":")
    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    writer.close()
    return None


async def _file(target: Sequence[str]) -> str | None:
    there = await asyncio.to_thread(os.path.exists, target[0])
    return None if there else f"{target[0]} is not there"


async def _exec(target: Sequence[str]) -> str | None:
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *target, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    try:
        status = await process.wait()
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return None if status == 0 else f"{target[0]} ended with {status}"


def _in_words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return str(error) or "it cannot be asked"


_LOOKS = {ProbeKind.HTTP: _http, ProbeKind.TCP: _tcp, ProbeKind.FILE: _file, ProbeKind.EXEC: _exec}
