"""What is derived from a secret, and so is secret: the one place that says it.

Of a secret, any ``WINDOW`` characters in a row are secret, wherever they stand. So whatever is cut out of it (a path of
a URL, a line of a key, a trimmed token, a value of several from which it was put together, the half that an overlong
message leaves) needs no word here; only parts that are shorter than that do. White space and backslashes do not count,
and the encodings that ``reading`` undoes do not hide it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

from msgspec import Struct

from runner.values.reading import folded, readings

WINDOW = 8
MIN_CHARS = 6
"""Shorter secrets are masked by their type only: replacing "b" everywhere would corrupt the report."""

# What stands before the secret and is none: it would be masked wherever there is a URL or a scheme's name.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:Bearer|Basic) +")
_USERINFO = re.compile(r"([^/?#\s@]*)@")
_QUERY_VALUE = re.compile(r"=([^&#\s]+)")
_MAX_LITERAL_CHARS = 64
_PLUS = re.compile(r"\+")


class Traces(Struct, frozen=True):
    """By what a secret is known."""

    windows: frozenset[str]
    """Pieces of WINDOW characters of its folded readings."""
    short: frozenset[str]
    """Parts that are shorter than that."""
    literals: frozenset[str]
    """Secrets that are mostly white space or backslashes, which folding would make too short to look for."""


def traces_of(secret: str) -> Traces:
    """Return by what a secret is known."""
    windows: set[str] = set()
    short: set[str] = set()
    literals: set[str] = set()
    whole = _SCHEME.sub("", secret, count=1) if _SCHEME.match(secret) else secret
    with_plus = whole.replace(" ", "+")
    for part in {whole, with_plus, *_short_parts(secret, whole)}:
        for reading in readings(part, base64_too=False):
            forms = {each.text for each in folded(reading)}
            for form in forms:
                windows |= _windows_at_plus(form) if part == with_plus != whole else _windows(form)
            short |= {form for form in forms if MIN_CHARS <= len(form) < WINDOW}
            if min(map(len, forms)) < MIN_CHARS <= len(reading.text):
                literals.add(reading.text[:_MAX_LITERAL_CHARS])
    return Traces(windows=frozenset(windows), short=frozenset(short), literals=frozenset(literals))


def _windows(form: str) -> set[str]:
    return {form[at : at + WINDOW] for at in range(len(form) - WINDOW + 1)}


def _windows_at_plus(form: str) -> set[str]:
    """Return the pieces of a secret of which a form has made + of its spaces; those without a + are the secret's own."""
    starts: set[int] = set()
    for plus in _PLUS.finditer(form):
        starts.update(range(max(0, plus.start() - WINDOW + 1), min(plus.start(), len(form) - WINDOW) + 1))
    return {form[at : at + WINDOW] for at in starts}


def _short_parts(secret: str, whole: str) -> Iterator[str]:
    """Yield the parts that may be shorter than a window: lines, and what a URL or credentials hold."""
    yield from (line for line in whole.splitlines() if len(line) < 2 * WINDOW)
    if secret.startswith("Basic "):
        try:
            said = base64.b64decode(whole, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield said
        yield said.partition(":")[2]
    elif "://" in secret:
        if userinfo := _USERINFO.match(whole):
            yield from map(unquote, userinfo[1].split(":", 1)[-1:])
        yield from map(unquote, _QUERY_VALUE.findall(whole))
