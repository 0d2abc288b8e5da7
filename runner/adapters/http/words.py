"""Libraries' details in plain words and plain maps."""

import os
import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from multidict import MultiMapping

from runner.language.terms import TransportKind

Named: TypeAlias = tuple[TransportKind, str]
"""A kind of failure and its cause in words."""


def seconds(duration_s: float) -> str:
    """Return a duration as people write it."""
    return f"{duration_s:.3g} s"


def in_words(error: OSError) -> str:
    """Return an error's reason without numbers, names of sources or quoted arguments."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        # OpenSSL gives a symbol; errors that Python makes itself have none.
        return (getattr(error, "reason", None) or "no reason given").lower().replace("_", " ")
    return os.strerror(error.errno).lower() if error.errno else "no reason given"


def header_map(headers: MultiMapping[str] | None) -> Mapping[str, str]:
    """Return headers by lower-case name, repeated ones joined; what is not text is replaced, to be printable."""
    joined: dict[str, str] = {}
    for name, value in (headers or {}).items():
        text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        key = name.lower()
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return MappingProxyType(joined)
