"""This machine's address on the way to a server, as the system's routes have it, without sending anything.

A datagram socket that is connected has chosen its route and its own address; no packet leaves for that.
"""

import asyncio
import socket
from urllib.parse import urlsplit

from runner.adapters.http.names import DaemonResolver
from runner.language.terms import Processed, TransportKind
from runner.model.exchange import TransportFailure

_PORTS = {"http": 80, "https": 443}


async def own_ip(url: str, connect_s: float) -> str | TransportFailure:
    """Return the address, or why there is none."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)
    try:
        async with asyncio.timeout(connect_s):
            found = await DaemonResolver().resolve(host, port)
    except TimeoutError:
        return _failed(TransportKind.DNS_TEMPORARY, f"the name {host} was not found in time")
    except OSError as error:
        temporary = not isinstance(error, socket.gaierror) or error.errno == socket.EAI_AGAIN
        kind = TransportKind.DNS_TEMPORARY if temporary else TransportKind.DNS
        return _failed(kind, f"the name {host} cannot be resolved: {error.strerror}")
    for each in found:
        with socket.socket(each["family"], socket.SOCK_DGRAM) as way:
            try:
                way.connect((each["host"], port))
            except OSError:
                continue
            address: str = way.getsockname()[0]
            return address
    return _failed(TransportKind.CONNECT_UNREACHABLE, f"there is no route to {host}")


def _failed(kind: TransportKind, why: str) -> TransportFailure:
    return TransportFailure(kind=kind, processed=Processed.NEVER, message=f"${{self:ip}} is not known: {why}")
