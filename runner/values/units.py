"""Durations, sizes and status sets, as operations people write them.

A bare number never means a duration: whether 5 is seconds or milliseconds has cost other tools years of
issues, so the unit is part of the value.
"""

import re

from runner.model.value import StatusSet

_DURATION_UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?")
_FRACTION = re.compile(r"([0-9]+\.[0-9]+)(d|h|ms|m|s)")
_MAX_CHARS = 30
"""More digits than any number of use has; int() and float() fail on thousands of them."""
_SIZE_UNITS = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"([0-9]+)(B|KB|MB|GB|KiB|MiB|GiB)")
_STATUS_RANGE = re.compile(r"([1-5][0-9]{2})-([1-5][0-9]{2})")
_STATUS_CLASS = re.compile(r"([1-5])xx")
_UNIT_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m",
    "minutes": "m", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "M": "m", "S": "s", "H": "h",
    "msec": "ms", "millis": "ms", "day": "d", "days": "d",
}  # fmt: skip


class UnitError(ValueError):
    """A text that is no duration, size or status set; ``hint`` says what would be."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def parse_duration_s(text: str) -> float:
    """Return the seconds of a duration such as ``500ms``, ``1m30s`` or ``1.5s``.

    Raises:
        UnitError: when the text is none: no unit, units out of order, a sign, a fraction beside other units.
    """
    if len(text) > _MAX_CHARS:
        raise UnitError(f'"{text[:_MAX_CHARS]}..." is too long a duration')
    if fraction := _FRACTION.fullmatch(text):
        return float(fraction[1]) * _DURATION_UNITS_S[fraction[2]]
    whole = _DURATION.fullmatch(text)
    if not text or whole is None:
        raise UnitError(f'"{text}" is not a duration', _duration_hint(text))
    amounts = zip(whole.groups(), _DURATION_UNITS_S.values(), strict=True)
    return sum(int(amount) * unit for amount, unit in amounts if amount is not None)


def _duration_hint(text: str) -> str:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return f"write the unit: {text}s or {text}ms"
    words = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]+)", text)
    if words and words[2] in _UNIT_WORDS:
        return f"write {words[1]}{_UNIT_WORDS[words[2]]}"
    return "units are ms, s, m, h and d, the largest first: 500ms, 5s, 1m30s, 2h"


def format_duration(seconds: float) -> str:
    """Return a duration as a person would write it: ``0.2s`` is ``200ms``, ``90`` is ``1m30s``."""
    if round(seconds * 1000) < 1000:
        return f"{round(seconds * 1000)}ms"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount)


def parse_size_bytes(text: str) -> int:
    """Return the bytes of a size such as ``64KiB``.

    Raises:
        UnitError: when the text has no unit or one that could mean two things.
    """
    size = _SIZE.fullmatch(text)
    if size is None or len(text) > _MAX_CHARS:
        raise UnitError(f'"{text}" is not a size', "write the unit: 64KiB, 1MiB, 10MB")
    return int(size[1]) * _SIZE_UNITS[size[2]]


def parse_status_set(items: "list[int | str]", excluded: "list[int | str]") -> StatusSet:
    """Return the set of ``items`` without ``excluded``; each is ``429``, ``5xx`` or ``500-599``.

    Raises:
        UnitError: when an item is none of these, or nothing is left.
    """
    codes = frozenset().union(*map(_status_codes, items)) - frozenset().union(*map(_status_codes, excluded))
    if not codes:
        raise UnitError("this set of status codes is empty")
    text = ", ".join(str(item) for item in items)
    if excluded:
        text += " except " + ", ".join(str(item) for item in excluded)
    return StatusSet(codes, text)


def _status_codes(item: int | str) -> frozenset[int]:
    text = str(item)
    if text.isascii() and text.isdigit() and 100 <= int(text) <= 599:
        return frozenset({int(text)})
    if hundreds := _STATUS_CLASS.fullmatch(text):
        first = int(hundreds[1]) * 100
        return frozenset(range(first, first + 100))
    limits = _STATUS_RANGE.fullmatch(text)
    if limits is None or int(limits[1]) > int(limits[2]):
        raise UnitError(f'"{text}" is not a set of status codes', "write 429, 5xx or 500-599")
    return frozenset(range(int(limits[1]), int(limits[2]) + 1))
