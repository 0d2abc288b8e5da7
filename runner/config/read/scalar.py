"""Plain scalars as the YAML 1.2 core schema reads them, and what is wrong with some of them.

YAML 1.1, which PyYAML speaks, reads ``NO`` as false, ``5:03`` as 303 and ``0755`` as 493; editors and most
other tools speak 1.2. Hook, editor and container must not disagree about a value.
"""

import math
import re

from msgspec import Struct

from runner.language.value import Scalar

_INT = re.compile(r"[-+]?[0-9]+")
_RADIX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_IN_1_1 = re.compile(r"(?i:yes|no|on|off)|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
"""Booleans and numbers to the base 60: what a text without quotes can turn into elsewhere."""
_MAX_DIGITS = 19
"""Nothing here has a use for more than 64 bits, and int() refuses texts of thousands of digits."""
_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Problem(Struct, frozen=True):
    """Why a scalar is refused, and what to write instead."""

    code: str
    message: str
    hint: str | None = None


def read_plain(text: str) -> tuple[Scalar, Problem | None]:
    """Return the value of an unquoted scalar, and what is wrong with it."""
    if text in _CONSTANTS:
        return _CONSTANTS[text], None
    if _INT.fullmatch(text):
        return _integer(text)
    if _RADIX.fullmatch(text):
        return (int(text, base=0), None) if len(text) <= _MAX_DIGITS else (0, _too_long(text))
    if _NOT_FINITE.fullmatch(text):
        return 0, Problem("E112", f"{text} is not a number here")
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            return 0, Problem("E112", f"{text[:_MAX_DIGITS]} is too large a number")
        return number, None
    return text, None


def is_read_otherwise_by_1_1(text: str) -> bool:
    """Whether tools that speak YAML 1.1 read this unquoted text as a boolean or a number."""
    return _IN_1_1.fullmatch(text) is not None


def _integer(text: str) -> tuple[Scalar, Problem | None]:
    digits = text.lstrip("+-")
    if len(digits) > _MAX_DIGITS:
        return 0, _too_long(digits)
    if len(digits) > 1 and digits.startswith("0"):
        hint = f'write "{text}" for a text, {digits.lstrip("0") or 0} for a number, 0o... for octal'
        return int(text), Problem("E113", f"{text} has a leading zero", hint)
    return int(text), None


def _too_long(digits: str) -> Problem:
    return Problem(
        "E112", f"{digits[:_MAX_DIGITS]}... has too many digits for a number", "quote it, if it is a text"
    )


def type_name(value: Scalar) -> str:
    """Say what a value that is no text was read as."""
    return "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"
