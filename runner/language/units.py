"""Durations, sizes and status sets, as operations people write them.

A bare number never means a duration: whether 5 is seconds or milliseconds has cost other tools years of
issues, so the unit is part of the value.
"""

import functools
import operator
import re

from runner.language.value import StatusSet

_DURATION_UNITS_S = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?")
_FRACTION = re.compile(r"([0-9]+\.[0-9]+)(d|h|ms|m|s)")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")
_AMOUNTS = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?\s*[A-Za-z]+[\s,]*)+")
_ISO_8601 = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:[.][0-9]+)?)S)?)?")
_MAX_CHARS = 30
"""More digits than any number of use has; int() and float() fail on thousands of them."""
_SIZE_UNITS = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SIZE = re.compile(r"([0-9]+)(B|KB|MB|GB|KiB|MiB|GiB)")
_STATUS_RANGE = re.compile(r"([1-5][0-9]{2})-([1-5][0-9]{2})")
_STATUS_CLASS = re.compile(r"([1-5])xx")
_UNIT_WORDS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m",
    "minutes": "m", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "M": "m", "S": "s", "H": "h",
    "msec": "ms", "msecs": "ms", "millis": "ms", "milliseconds": "ms", "day": "d", "days": "d", "D": "d",
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
    if text.startswith("-"):
        return "a duration is not negative; 0s is none at all"
    seconds = _seconds_in_words(text.lstrip("+"))
    if seconds is not None and round(seconds * 1000) > 0:
        return f"write {format_duration(seconds)}"
    return "units are ms, s, m, h and d, the largest first: 500ms, 5s, 1m30s, 2h"


def _seconds_in_words(text: str) -> float | None:
    """Read what is meant where the units are words, in another order, or those of ISO 8601."""
    iso = _ISO_8601.fullmatch(text)
    if iso is not None:
        amounts = zip(iso.groups(), ("d", "h", "m", "s"), strict=True)
        return sum(float(amount) * _DURATION_UNITS_S[unit] for amount, unit in amounts if amount)
    if not _AMOUNTS.fullmatch(text):
        return None
    total = 0.0
    for amount, word in _AMOUNT.findall(text):
        unit = _UNIT_WORDS.get(word, word)
        if unit not in _DURATION_UNITS_S:
            return None
        total += float(amount) * _DURATION_UNITS_S[unit]
    return total


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
        raise UnitError(f'"{text[:_MAX_CHARS]}" is not a size', _size_hint(text))
    return int(size[1]) * _SIZE_UNITS[size[2]]


def _size_hint(text: str) -> str:
    """Say what to write; a K alone could be 1000 or 1024."""
    words = re.fullmatch(r"([0-9]{1,20})\s*([A-Za-z]*)", text)
    if words is None:
        return "write the unit: 64KiB, 1MiB, 10MB"
    amount, unit = words.groups()
    if not unit or unit.lower() in {"b", "byte", "bytes"}:
        whole = next(
            (u for u in ("GiB", "MiB", "KiB") if int(amount) and int(amount) % _SIZE_UNITS[u] == 0), "B"
        )
        return f"write the unit: {int(amount) // _SIZE_UNITS[whole]}{whole}"
    letter = unit[0].upper()
    if unit.lower() not in {"k", "m", "g", "kb", "mb", "gb", "kib", "mib", "gib"}:
        return "units are B, KB, MB, GB, KiB, MiB and GiB"
    if len(unit) > 1:
        return f"write {amount}{letter}{'iB' if 'i' in unit.lower() else 'B'}"
    return f"write {amount}{letter}iB (of 1024) or {amount}{letter}B (of 1000)"


def format_size(size_bytes: int) -> str:
    """Return a size as a person would write it: ``1048576`` is ``1MiB``."""
    unit = next(unit for unit in ("GiB", "MiB", "KiB", "B") if size_bytes % _SIZE_UNITS[unit] == 0)
    return f"{size_bytes // _SIZE_UNITS[unit]}{unit}"


def parse_status_set(items: "list[int | str]", excluded: "list[int | str]") -> StatusSet:
    """Return the set of ``items`` without ``excluded``; each is ``429``, ``5xx`` or ``500-599``.

    Raises:
        UnitError: when an item is none of these, or nothing is left.
    """
    mask = _mask(items) & ~_mask(excluded)
    if not mask:
        message = "except takes away all of status, and nothing is left" if items else "no status is left"
        raise UnitError(message, "take something out of except")
    text = ", ".join(str(item) for item in items)
    if excluded:
        text += " except " + ", ".join(str(item) for item in excluded)
    return StatusSet(mask, text)


def _mask(items: "list[int | str]") -> int:
    return functools.reduce(operator.or_, (_status_codes(item) for item in items), 0)


def _status_codes(item: int | str) -> int:
    """Return a bit for each code of one entry."""
    text = str(item)
    if text.isascii() and text.isdigit() and 100 <= int(text) <= 599:
        return 1 << int(text)
    if hundreds := _STATUS_CLASS.fullmatch(text):
        first = int(hundreds[1]) * 100
        return _from_to(first, first + 99)
    limits = _STATUS_RANGE.fullmatch(text)
    if limits is None or int(limits[1]) > int(limits[2]):
        raise UnitError(f'"{text[:_MAX_CHARS]}" is not a set of status codes', status_hint(text))
    return _from_to(int(limits[1]), int(limits[2]))


def _from_to(first: int, last: int) -> int:
    return (1 << last + 1) - (1 << first)


def status_hint(text: str) -> str:
    """Say what to write for a set of status codes that cannot be read."""
    if re.fullmatch(r"[1-5](XX|xX|Xx|\*\*|\*|00\+)", text):
        return f"write {text[0]}xx"
    if backwards := _STATUS_RANGE.fullmatch(text):
        return f"write {backwards[2]}-{backwards[1]}"
    if negated := re.fullmatch(r"!\s*([1-5](?:xx|[0-9]{2}))", text):
        return f"write except: {negated[1]}"
    if compared := re.fullmatch(r"(>=|<=|>|<)\s*([1-5][0-9]{2})", text):
        code = int(compared[2])
        low, high = (100, code) if "<" in compared[1] else (code, 599)
        low, high = low + (compared[1] == ">"), high - (compared[1] == "<")
        return f"write {low}-{high}"
    if re.fullmatch(r"[0-9x, -]+", text) and "," in text:
        return f"write a list: [{text}]"
    return "write 429, 5xx or 500-599, or a list of them"
