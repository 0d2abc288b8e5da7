"""Which proxy the environment names for a host, read as curl and Python's requests read it.

What the environment excludes must not go to a proxy, credentials and all: each form of an exclusion that one of
them takes is taken, and in doubt a host is excluded.
"""

import ipaddress
import re
import urllib.request
from typing import TypeAlias

from yarl import URL

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_SEPARATORS = re.compile(r"[\s,]+")
_ENTRY = re.compile(
    r"\[(?P<inner>[^\]]*)\](?P<width>/\d+)?(?::(?P<port>\d+))?|(?P<host>[^:]*):(?P<host_port>\d+)|(?P<bare>.+)"
)


def proxy_of_environment(url: URL) -> str | None:
    """Return the proxy for a URL: its scheme's, else that for all, unless the host is excluded."""
    proxies = urllib.request.getproxies_environment()
    found = proxies.get(url.scheme) or proxies.get("all")
    if not found or is_excluded(url.raw_host or "", url.port, proxies.get("no", "")):
        return None
    return found if "://" in found else f"http://{found}"


def is_excluded(host: str, port: int | None, excluded: str) -> bool:
    """Whether a host stands in ``NO_PROXY``: as a name or its parent, an address, or a network, with or without port."""
    name = host.strip("[]").rstrip(".").lower()
    address = _address(name)
    return any(_covers(entry, name, address, port) for entry in _SEPARATORS.split(excluded.lower()) if entry)


def _covers(entry: str, name: str, address: _Address | None, port: int | None) -> bool:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        return False
    only = found["port"] or found["host_port"]
    if only is not None and int(only) != port:
        return False
    what = found["host"] if found["host_port"] else found["bare"]
    if found["inner"] is not None:
        what = found["inner"] + (found["width"] or "")
    if what == "*":
        return True
    if address is not None:
        return _holds(what, address)
    domain = what.removeprefix("*").strip(".")
    return bool(domain) and (name == domain or name.endswith(f".{domain}"))


def _holds(network: str, address: _Address) -> bool:
    try:
        return address in ipaddress.ip_network(network.rstrip("."), strict=False)
    except ValueError:
        return False


def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
