"""Reading a part of a file as it is declared: each key by the reader of its kind, at its place.

What a key means on its own is read here. What must hold between keys stands beside the function that reads the part.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from runner.config.typed.cursor import Cursor
from runner.config.typed.late import read_late
from runner.language.key import DeclaredKey, Kind, Part, keys_of
from runner.language.units import UnitError, parse_size_bytes

P = TypeVar("P", bound=Part)
Reader = Callable[[Cursor, DeclaredKey], Any]


def read_part(at: Cursor | None, part: type[P], **known: Any) -> P:
    """Read a map with known keys; what is not written has its default.

    Args:
        at: where it stands; none where it was left out.
        part: what it is.
        known: values of fields that are read otherwise.
    """
    values = dict(known)
    if at is None:
        return part(**values)
    for declared in keys_of(part):
        below = at.get(declared.name)
        if below is not None and declared.field not in values:
            values[declared.field] = _read(below, declared)
    values.setdefault("span", at.key_span)
    return part(**values)


def _read(at: Cursor, declared: DeclaredKey) -> Any:
    kind = declared.key.kind
    if kind.late and isinstance(at.data, str) and "${" in at.data:
        return read_late(at, declared, _READERS[kind.reader])
    return _READERS[kind.reader](at, declared)


def _duration_s(at: Cursor, declared: DeclaredKey) -> float:
    return at.as_duration_s(_default_s(declared))


def _time_s(at: Cursor, declared: DeclaredKey) -> float:
    return at.as_time_s(_default_s(declared))


def _default_s(declared: DeclaredKey) -> float:
    """Return what stands in for a duration that is written wrong."""
    default = declared.default
    return default if isinstance(default, float) else 1.0


def _size_bytes(at: Cursor, declared: DeclaredKey) -> int:
    default: int = declared.default
    try:
        size = parse_size_bytes(at.data)
    except UnitError as error:
        at.report("E211", str(error), error.hint)
        return default
    if size == 0:
        at.report("E207", f"{declared.name} is 0, and no answer is that small", "write 1MiB, or leave it out")
    return size


def _choice(at: Cursor, declared: DeclaredKey) -> Any:
    assert declared.key.kind.holds is not None
    return declared.key.kind.holds(at.data)


def _part(at: Cursor, declared: DeclaredKey) -> Any:
    assert declared.key.kind.holds is not None
    return read_part(at, declared.key.kind.holds)


def _list(at: Cursor, declared: DeclaredKey) -> tuple[Any, ...]:
    item: Kind = declared.key.kind.schema["items"]
    read = _READERS[item.reader]
    return tuple(read(each, declared) for each in at.items())


def _attempts(at: Cursor, _: DeclaredKey) -> int | None:
    return None if at.data == "unlimited" else int(at.data)


_READERS: dict[str, Reader] = {
    "attempts": _attempts,
    "plain": lambda at, _: at.data,
    # JSON Schema counts 90.0 as a whole number, and what reads it does not.
    "integer": lambda at, _: int(at.data),
    "number": lambda at, _: float(at.data),
    "duration": _duration_s,
    "time": _time_s,
    "size": _size_bytes,
    "choice": _choice,
    "template": lambda at, _: at.template(),
    "reference": lambda at, _: at.as_name(),
    "part": _part,
    "list": _list,
}
