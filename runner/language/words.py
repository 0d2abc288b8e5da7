"""What people meant who wrote another word, and what a text is not: what the declarations say to findings.

Asked only about files that are wrong.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from runner.language.file import Spec
from runner.language.key import Kind, keys_of
from runner.language.late import without_variable
from runner.language.parameters import PLACEHOLDER
from runner.language.recipes import Recipe


@cache
def parts_of_a_file() -> tuple[type, ...]:
    """Return all parts of a file and of a recipe, each once, in the order in which they are first used."""
    seen: list[type] = []
    waiting: list[type] = [Spec, Recipe]
    while waiting:
        part = waiting.pop(0)
        if part in seen:
            continue
        seen.append(part)
        waiting[:0] = [found for key in keys_of(part) for found in held_by(key.key.kind) if found not in seen]
    return tuple(seen)


def held_by(kind: Kind) -> Iterator[type]:
    """Go through the parts that a kind holds, within lists and maps too."""
    if kind.reader == "part" and kind.holds is not None:
        yield kind.holds
    for each in _kinds_in(kind.schema):
        yield from held_by(each)


def _kinds_in(schema: Mapping[str, Any]) -> Iterator[Kind]:
    for value in schema.values():
        if isinstance(value, Kind):
            yield value
        elif isinstance(value, Mapping):
            yield from _kinds_in(value)


@cache
def _part_with(known: tuple[str, ...]) -> type | None:
    """Return the part that has these keys, which is how a schema's finding names it."""
    return next(
        (part for part in parts_of_a_file() if tuple(key.name for key in keys_of(part)) == known), None
    )


def meant_by(word: str, known: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the keys of a part that are called so elsewhere, and a remark."""
    part = _part_with(known)
    found = [] if part is None else [each for each in keys_of(part) if word in each.key.also]
    return tuple(each.name for each in found), found[0].key.also[word] if found else ""


def value_meant_by(word: str, allowed: tuple[str, ...]) -> str | None:
    """Return which of a closed list of values is called so elsewhere."""
    kinds = (kind for kind in _all_kinds() if tuple(kind.schema.get("enum", ())) == allowed)
    return next((kind.words[word] for kind in kinds if word in kind.words), None)


def to_write(key: str, known: tuple[str, ...]) -> str | None:
    """Return what to write where a key of a part is needed and missing.

    Args:
        key: the missing one.
        known: the keys of the part; none where one of two keys is asked for, and the schema names just that.
    """
    part = _part_with(known)
    parts = parts_of_a_file() if part is None else (part,)
    written = (each.key.write for each_part in parts for each in keys_of(each_part) if each.name == key)
    return next((write for write in written if write), None)


@cache
def kind_with(pattern: str) -> Kind | None:
    """Return the kind whose texts have a pattern: its code, what it is called, and how it is written."""
    kinds = (kind for kind in _all_kinds() if kind.noun)
    return next((kind for kind in kinds if without_variable(kind.schema).get("pattern") == pattern), None)


@cache
def _all_kinds() -> tuple[Kind, ...]:
    found: list[Kind] = [PLACEHOLDER]
    waiting = [key.key.kind for part in parts_of_a_file() for key in keys_of(part)]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += _kinds_in(kind.schema)
    return tuple(found)
