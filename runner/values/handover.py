"""Captures and the file as opaque texts, for the process that will undo or keep what this one registered.

Secrets travel as secrets: what was masked here is masked there. The text stays in memory, in a pipe; nobody
writes it to a disk.
"""

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

from runner.model.bound import Captures
from runner.model.secret import Secret
from runner.model.value import Value


def pack_source(content: bytes) -> str:
    """Return a file's content as short text."""
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def unpack_source(text: str) -> bytes:
    """Return what ``pack_source`` was given."""
    return zlib.decompress(base64.b64decode(text))


def pack(captures: Mapping[str, Captures], standing: Collection[str]) -> str:
    """Return the captures of some registrations, and which of those stand, as text."""
    return json.dumps([_packed(captures), list(standing)], ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> tuple[Mapping[str, Captures], Collection[str]]:
    """Return what ``pack`` was given.

    Raises:
        ValueError: when it is no such text.
    """
    try:
        packed, standing = json.loads(text)
        captures: Mapping[str, Captures] = _unpacked(packed)
        names = frozenset(standing)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("these are no captures") from error
    return captures, names


def _packed(value: Any) -> Any:
    """Give each value a tag, so that no content of a server's can be mistaken for ours."""
    match value:
        case Secret():
            return {"s": [value.value, value.shown]}
        case list():
            return {"l": [_packed(item) for item in value]}
        case Mapping():
            return {"m": {key: _packed(item) for key, item in value.items()}}
        case _:
            return {"v": value}


def _unpacked(packed: Any) -> Any:
    ((tag, value),) = packed.items()
    match tag:
        case "s":
            return Secret(*value)
        case "l":
            return [_unpacked(item) for item in value]
        case "m":
            return {key: _unpacked(item) for key, item in value.items()}
        case "v":
            plain: Value = value
            return plain
        case _:
            raise ValueError(tag)
