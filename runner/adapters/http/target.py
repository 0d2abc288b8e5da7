"""Where a request goes: its URL as aiohttp takes it, and the proxy on the way.

URLs arrive percent-encoded and stay as they are, byte by byte: ``%2F`` in a path segment is not a slash.
"""

import re

from yarl import URL

from runner.adapters.http.proxies import proxy_of_environment
from runner.adapters.http.refusal import Refused
from runner.language.terms import TransportKind

ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
UNENCODED = re.compile(r"[^\x21-\x7e]")


def url_of(text: str) -> URL:
    """Return the URL of a request.

    Raises:
        Refused: when it is none, or could be read as something else on the wire.
    """
    try:
        url = URL(_with_ascii_host(text), encoded=True)
        host, port = url.raw_host, url.port
    except ValueError:
        raise _invalid("the URL cannot be read") from None
    if url.scheme not in {"http", "https"}:
        raise _invalid("the URL begins with neither http:// nor https://")
    if not host or not port:
        raise _invalid("the URL has no host")
    if UNENCODED.search(host):
        raise _invalid("the URL's host has characters that no name has")
    if UNENCODED.search(url.raw_path_qs):
        raise _invalid("the URL has characters that must be percent-encoded")
    return url


def _with_ascii_host(text: str) -> str:
    """Return the URL with an international host name in the form that DNS knows; the rest stays as it is."""
    origin = ORIGIN.match(text)
    if origin is None or origin[0].isascii():
        return text
    return str(URL(origin[0]).origin()) + text[origin.end() :]


def address(url: URL) -> str:
    """Return host and port; a URL itself may hold secrets."""
    host = url.host or ""
    return f"[{host}]:{url.port}" if ":" in host else f"{host}:{url.port}"


def proxy_for(setting: str, url: URL) -> URL | None:
    """Return the proxy for a URL; the environment is looked at only when the setting says so.

    Raises:
        Refused: when the setting, or what the environment says, is no proxy's URL.
    """
    if setting == "none":
        return None
    if setting == "env":
        found = proxy_of_environment(url)
        return None if found is None else _proxy(found)
    return _proxy(setting)


def _proxy(text: str) -> URL:
    try:
        proxy = URL(text)
        usable = proxy.scheme in {"http", "https"} and bool(proxy.host) and bool(proxy.port)
    except ValueError:
        usable = False
    if not usable:
        raise _invalid("the proxy's URL is not valid: it is http:// or https://, with a host")
    return proxy


def _invalid(message: str) -> Refused:
    return Refused(TransportKind.INVALID_URL, message)
