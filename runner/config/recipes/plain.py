"""A file with its recipes written out: YAML that behaves the same, with the comments of file and recipes."""

import json
from collections.abc import Iterator
from typing import Any

from runner.config.read.scalar import is_read_otherwise_by_1_1, read_plain
from runner.config.read.source import Path, SourceTree
from runner.language.file import Spec
from runner.language.key import keys_of
from runner.language.span import Span
from runner.language.value import Json

_WIDTH = 100
_MODELINE = "yaml-language-server:"
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.- ")


def plain_yaml(tree: SourceTree) -> str:
    """Return a file whose recipes stand in their places as YAML without them."""
    return "\n".join(_Writer(tree).map(_without_uses(tree.data), (), "")) + "\n"


def _without_uses(data: Any) -> Any:
    registrations = {
        name: {key: value for key, value in each.items() if key not in {"use", "with"}}
        for name, each in data.get("registrations", {}).items()
    }
    whole = {**data, "registrations": registrations}
    known = [key.name for key in keys_of(Spec) if key.name in whole]
    return {key: whole[key] for key in (*known, *(key for key in whole if key not in known))}


class _Writer:
    """Writes a part of a document at an indent; its comments are looked up where its text stands."""

    def __init__(self, tree: SourceTree) -> None:
        self._places = tree.places
        self._lines = {each.file: each.lines for each in (tree, *tree.recipes)}
        self._told: set[tuple[str, int]] = set()

    def map(self, data: dict[str, Json], path: Path, indent: str) -> Iterator[str]:
        """Yield the lines of a map."""
        for key, value in data.items():
            below = (*path, key)
            place = self._places.get(below)
            span = place.key if place is not None else None
            yield from self._above(span, indent)
            yield from self._entry(f"{indent}{_scalar(key)}:", value, below, indent)

    def _entry(self, head: str, value: Json, path: Path, indent: str) -> Iterator[str]:
        flow = _flow(value)
        is_short = len(head) + len(flow) < _WIDTH and (len(path) > 2 or not isinstance(value, dict | list))
        if not isinstance(value, dict | list) or not value or (is_short and _depth(value) <= 2):
            yield f"{head} {flow}{self._beside(path)}"
        elif isinstance(value, dict):
            yield head
            yield from self.map(value, path, indent + "  ")
        else:
            yield head
            yield from self._list(value, path, indent + "  ")

    def _list(self, data: list[Json], path: Path, indent: str) -> Iterator[str]:
        for index, value in enumerate(data):
            below = (*path, index)
            place = self._places.get(below)
            yield from self._above(place.value if place is not None else None, indent)
            if isinstance(value, dict) and value and len(indent) + len(_flow(value)) > _WIDTH - 4:
                first, *rest = self.map(value, below, indent + "  ")
                while first.lstrip().startswith("#"):
                    yield first[2:]
                    first, *rest = rest
                yield f"{indent}- {first.lstrip()}"
                yield from rest
            else:
                yield f"{indent}- {_flow(value)}{self._beside(below)}"

    def _above(self, span: Span | None, indent: str) -> Iterator[str]:
        """Yield the comments in the lines above a key, each once."""
        if span is None:
            return
        lines = self._lines.get(span.file, ())
        first = span.line - 1
        while first > 0 and lines[first - 1].lstrip().startswith("#"):
            first -= 1
        for number in range(first, span.line - 1):
            text = lines[number].strip()
            if (span.file, number) not in self._told and _MODELINE not in text:
                self._told.add((span.file, number))
                yield indent + text

    def _beside(self, path: Path) -> str:
        """Return the comment at the end of the line on which a value ends."""
        place = self._places.get(path)
        if place is None:
            return ""
        span = place.key if place.value.file != (place.key or place.value).file else place.value
        lines = self._lines.get(span.file, ()) if span is not None else ()
        if span is None or not 0 < span.end_line <= len(lines):
            return ""
        rest = lines[span.end_line - 1][span.end_column - 1 :].strip(" }],")
        return f"  {rest}" if rest.startswith("#") else ""


def _depth(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _flow(value: Json) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Json) -> str:
    """Return a plain value; a text in quotes wherever another reader could take it for something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    is_plain = value != "" and value == value.strip() and _SAFE.issuperset(value) and value[0] not in "-."
    same = is_plain and read_plain(value) == (value, None) and not is_read_otherwise_by_1_1(value)
    return value if same else json.dumps(value, ensure_ascii=False)
