"""An endpoint's address: which texts can be one, and the credentials that may stand in it."""

from urllib.parse import SplitResult, unquote, urlsplit

from runner.model.bound import Address
from runner.model.secret import Secret, Text, reveal, shown
from runner.values.credentials import basic_credentials


class UrlError(ValueError):
    """A text that cannot be an endpoint's address; the message does not repeat it, as it may hold secrets."""


def parse_base_url(text: Text) -> tuple[Address, tuple[Secret, ...]]:
    """Split a base URL (RFC 3986) into address and credentials; return what of it is secret, too.

    Raises:
        UrlError: when requests could not be sent to it.
    """
    real = reveal(text)
    try:
        parts = urlsplit(real)
        problem = _problem(real, parts)
    except ValueError:
        problem = "it is not a URL"
    if problem is not None:
        raise UrlError(problem)
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    public = Secret(address, _without_userinfo(shown(text))) if isinstance(text, Secret) else address
    if parts.username is None:
        return Address(public), ()
    username, password = unquote(parts.username), unquote(parts.password or "")
    credentials = basic_credentials(username, password)
    # The password may be all that was secret about it.
    whole_is_secret = isinstance(text, Secret) and _without_userinfo(shown(text)) != address
    return Address(public if whole_is_secret else address, credentials), (Secret(password),)


def _problem(text: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"}:
        return "it does not begin with http:// or https://"
    if not parts.hostname:
        return "it has no host"
    if parts.query or parts.fragment:
        return "it has a query or a fragment"
    if parts.port == 0:
        return "its port is 0"
    if not text.isprintable() or " " in text:
        return "it has spaces or control characters"
    return None


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
