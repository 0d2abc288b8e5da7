"""Texts as the types of variables: what an environment gives is text, and what a body needs is not."""

import json
import math
import re
from collections.abc import Callable

from runner.language.file import VariableType
from runner.language.units import parse_duration_s
from runner.language.value import Json
from runner.values.path import NoDocument, read_document

_BOOLEANS = {"true": True, "false": False}
_PYTHON_TYPES: dict[VariableType, tuple[type, ...]] = {
    VariableType.INTEGER: (int,),
    VariableType.NUMBER: (int, float),
    VariableType.BOOLEAN: (bool,),
    VariableType.DURATION: (),
    VariableType.LIST: (list,),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][-+]?[0-9]{1,3})?")


def as_type(raw: Json, wanted: VariableType) -> Json:
    """Return a value as a type; a text is read, and what is already of the type is taken as it is.

    Raises:
        ValueError: when it is none of that type (``UnitError`` for a duration, with a hint).
    """
    if isinstance(raw, str):
        return _READERS[wanted](raw.strip() if wanted is not VariableType.STRING else raw)
    if wanted is VariableType.STRING:
        return raw
    if not isinstance(raw, _PYTHON_TYPES[wanted]) or isinstance(raw, bool) is not (
        wanted is VariableType.BOOLEAN
    ):
        raise ValueError(raw)
    return raw


def _integer(text: str) -> Json:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> Json:
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        raise ValueError(text)
    return float(text)


def _boolean(text: str) -> Json:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _duration(text: str) -> Json:
    seconds = parse_duration_s(text)
    return int(seconds) if seconds.is_integer() else seconds


def _list(text: str) -> Json:
    if not text.startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        items = read_document(text.encode())
        json.dumps(items, allow_nan=False)
    except NoDocument as error:
        raise ValueError(text) from error
    return items


_READERS: dict[VariableType, Callable[[str], Json]] = {
    VariableType.STRING: str,
    VariableType.INTEGER: _integer,
    VariableType.NUMBER: _number,
    VariableType.BOOLEAN: _boolean,
    VariableType.DURATION: _duration,
    VariableType.LIST: _list,
}
