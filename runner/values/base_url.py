"""An endpoint's address: which texts can be one, and the credentials that may stand in it."""

import re
from collections.abc import Iterator
from ipaddress import IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

from runner.language.value import Reference, Template
from runner.model.bound import Address, Scope
from runner.model.secret import Secret, Text, reveal, shown
from runner.values.credentials import basic_credentials
from runner.values.template import render_text

_HOST = re.compile(r"[\w.-]+")
_PORT = re.compile(r"[0-9]{1,5}")
_BEYOND_AUTHORITY = re.compile(r"[/?#\\\s]")


class UrlError(ValueError):
    """A text that cannot be an endpoint's address; the message does not repeat it, as it may hold secrets."""


def render_base_url(template: Template, scope: Scope) -> Text:
    """Return an address with its values.

    Raises:
        RenderError: when a placeholder has no value.
        UrlError: when a value within the host could lead to another host.
    """
    for reference, before, after in _in_authority(template):
        value = reveal(render_text(Template((reference,), template.span), scope))
        if not _stays_in_place(value, before, after):
            raise UrlError(f"the value of {reference} cannot stand in the host")
    return render_text(template, scope)


def _in_authority(template: Template) -> Iterator[tuple[Reference, str, str]]:
    """Yield the placeholders of host, port and credentials, with what is written before and after each."""
    texts = ["\0" if isinstance(part, Reference) else part for part in template.parts]
    scheme, separator, _ = "".join(texts).partition("://")
    if not separator or "\0" in scheme:
        return
    begin, at = len(scheme) + len(separator), 0
    authority = re.split(r"[/?#]", "".join(texts)[begin:], maxsplit=1)[0]
    for part, text in zip(template.parts, texts, strict=True):
        place = at - begin
        if isinstance(part, Reference) and 0 <= place < len(authority):
            yield part, authority[:place], authority[place + 1 :]
        at += len(text)


def _stays_in_place(value: str, before: str, after: str) -> bool:
    """Whether a value is only what is written beside it lets it be: a host, a port, or credentials."""
    if not before and not after:
        return True
    if "@" in after:
        return not (_BEYOND_AUTHORITY.search(value) or "@" in value)
    host_before = before.rpartition("@")[2]
    if host_before.rpartition("]")[2].endswith(":"):
        return _PORT.fullmatch(value) is not None
    whole_host = not host_before and (not after or after.startswith(":"))
    if whole_host and _is_ipv6(value.removeprefix("[").removesuffix("]")):
        return value.startswith("[")
    host, _, port = value.partition(":")
    has_port = bool(port) and not after
    return _HOST.fullmatch(host if has_port else value) is not None and (
        not has_port or _PORT.fullmatch(port) is not None
    )


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def parse_base_url(text: Text) -> tuple[Address, tuple[Secret, ...]]:
    """Split a base URL (RFC 3986) into address and credentials; return what of it is secret, too.

    Raises:
        UrlError: when requests could not be sent to it.
    """
    real = reveal(text)
    parts = _split(real)
    if parts.query or parts.fragment:
        raise UrlError("it has a query or a fragment")
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    public = Secret(address, _without_userinfo(shown(text))) if isinstance(text, Secret) else address
    if parts.username is None:
        return Address(public), ()
    username, password = unquote(parts.username), unquote(parts.password or "")
    credentials = basic_credentials(username, password)
    # The password may be all that was secret about it.
    whole_is_secret = isinstance(text, Secret) and _without_userinfo(shown(text)) != address
    return Address(public if whole_is_secret else address, credentials), (Secret(password),)


def check_url(text: str) -> None:
    """Refuse what nothing can be sent to: a proxy, or what is asked whether the application is ready.

    Raises:
        UrlError: when it has no host, say.
    """
    _split(text)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise UrlError("it is not a URL") from None
    if (problem := _problem(text, parts)) is not None:
        raise UrlError(problem)
    return parts


def _problem(text: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"}:
        return "it does not begin with http:// or https://"
    if not text.isprintable() or " " in text:
        return "it has spaces or control characters"
    if not parts.hostname:
        return "it has no host"
    port = parts.netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if port and not (_PORT.fullmatch(port) and 0 < int(port) < 65536):
        return "its port is not among 1 to 65535"
    if "[" not in parts.netloc and _HOST.fullmatch(parts.hostname) is None:
        return "its host has characters that no name has"
    return None


def check_socket(path: str) -> None:
    """Refuse what is no path of a unix socket.

    Raises:
        UrlError: when it is a URL, or cannot be a path.
    """
    if path.startswith(("unix:", "http:", "https:")):
        raise UrlError("a socket is a path without unix://")
    if not path or "\0" in path:
        raise UrlError("it is no path")


def check_address(text: str) -> None:
    """Refuse what is no HOST:PORT to connect to or to listen on.

    Raises:
        UrlError: when its port is none, say.
    """
    host, separator, port = text.rpartition(":")
    if not separator or not (_PORT.fullmatch(port) and int(port) < 65536):
        raise UrlError("its port is not among 0 to 65535")
    if host and not _is_ipv6(host.removeprefix("[").removesuffix("]")):
        check_host(host)


def check_host(text: str) -> None:
    """Refuse what no server is called.

    Raises:
        UrlError: when it has other characters than a name, or than an address.
    """
    if _HOST.fullmatch(text) is None and not _is_ipv6(text):
        raise UrlError("it has characters that no name has")


def check_path(text: str) -> None:
    """Refuse what is no path of a file.

    Raises:
        UrlError: when the system could not take it.
    """
    if not text or "\0" in text:
        raise UrlError("it is no path")


def _without_userinfo(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return (scheme + separator + authority.rpartition("@")[2] + slash + path).rstrip("/")


def mask_userinfo(url: str) -> str:
    """Return a URL, or a template of one, with *** in place of its credentials."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    userinfo, at, host = authority.rpartition("@")
    return scheme + separator + ("***" if userinfo else "") + at + host + slash + path
