"""Bytes to a tree of plain values in which each key and value knows its line and column.

The tree is composed from libyaml's events and not with PyYAML's constructors: their YAML 1.1 reads ``NO`` as
false and ``5:03`` as 303, they let the second of two equal keys win, and they hide where things stand. Here
the scalars are those of the YAML 1.2 core schema, every oddity has a diagnostic of its own, and size,
depth and aliases are bounded while reading, before anything expensive sees the document.
"""

from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct

from runner.config.read.oversize import too_large
from runner.config.read.scalar import is_read_otherwise_by_1_1, read_plain, type_name
from runner.config.read.syntax import explain_key, explain_syntax, find_forbidden, split_lines
from runner.language.span import Span
from runner.language.value import Json, Scalar
from runner.model.diagnostic import Diagnostic

MAX_BYTES = 1024 * 1024
MAX_NODES = 100_000
MAX_DEPTH = 100

Path = tuple[str | int, ...]

# libyaml is five to seven times faster; the pure parser serves where it was not built.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE_TAGS = {
    None,
    *(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")),
}


class Place(Struct, frozen=True):
    """Where a value stands, its key if it has one, and whether it is a list or a map."""

    value: Span
    key: Span | None = None
    holds_more: bool = False


class SourceTree(Struct, frozen=True):
    """A document and the place of everything in it."""

    file: str
    lines: tuple[str, ...]
    data: Json
    places: dict[Path, Place]
    other_in_1_1: tuple[Span, ...] = ()
    """Unquoted texts that YAML 1.1 tools read as something else."""
    recipes: "tuple[SourceTree, ...]" = ()
    """The recipes that stand in it."""

    def span(self, path: Path) -> Span:
        """Return the span of a value, or of the nearest part of the file that holds it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path].value

    def key_span(self, path: Path) -> Span:
        """Return the span of a value's key; of the value where it has none."""
        place = self.places.get(path)
        return place.key if place is not None and place.key is not None else self.span(path)


class _Refused(Exception):
    """The document cannot be read any further."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Node(Struct, frozen=True):
    """A composed value; what it holds is already plain."""

    data: Json
    span: Span
    children: "tuple[Child, ...]" = ()
    size: int = 1


Child = tuple[str | int, Span | None, _Node]
"""A key or an index, the key's span, and the value."""


def read_tree(raw: bytes, file: str) -> tuple[SourceTree | None, tuple[Diagnostic, ...]]:
    """Read a document.

    Args:
        raw: the file's bytes.
        file: the name that diagnostics show.

    Returns:
        The tree, unless the document cannot be read at all, and what is wrong with it.
    """
    if len(raw) > MAX_BYTES:
        return None, (too_large(file),)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        span = Span(file, line, column, line, column + 1)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        return None, (Diagnostic(code="E102", span=span, message=message, hint="save the file as UTF-8"),)
    composer = _Composer(text, file)
    try:
        root = composer.document()
    except _Refused as refused:
        return None, (*composer.found, refused.diagnostic)
    places: dict[Path, Place] = {}
    _index(root, (), None, places)
    lines = tuple(split_lines(text))
    return SourceTree(file, lines, root.data, places, tuple(composer.other_in_1_1)), tuple(composer.found)


def _index(node: _Node, path: Path, key: Span | None, places: dict[Path, Place]) -> None:
    places[path] = Place(node.span, key, isinstance(node.data, list | dict))
    for name, key_span, child in node.children:
        _index(child, (*path, name), key_span, places)


class _Composer:
    """Builds nodes from parser events; its state is the position in the events and the anchors so far."""

    def __init__(self, text: str, file: str) -> None:
        self.found: list[Diagnostic] = []
        self.other_in_1_1: list[Span] = []
        self._long_quote: Span | None = None
        self._file = file
        self._lines = split_lines(text)
        self._events = self._parse(text)
        self._anchors: dict[str, _Node | None] = {}
        self._nodes = 0

    def _parse(self, text: str) -> Iterator[Any]:
        if (forbidden := find_forbidden(text, self._file)) is not None:
            raise _Refused(forbidden)
        try:
            yield from yaml.parse(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            if "nesting depth" in str(error.problem):  # libyaml 0.2.6 reads ahead to a bound of its own
                raise self._too_deep(error.problem_mark) from error
            finding = explain_syntax(error, self._file, self._lines, self._long_quote)
            raise _Refused(finding) from error

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _too_deep(self, mark: Any) -> _Refused:
        span = Span(self._file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
        message = f"nested more than {MAX_DEPTH} levels deep"
        return _Refused(Diagnostic(code="E107", span=span, message=message))

    def _refuse(self, code: str, event: Any, message: str, hint: str | None = None) -> _Refused:
        return _Refused(Diagnostic(code=code, span=self._span(event), message=message, hint=hint))

    def document(self) -> _Node:
        """Compose the one document of the file."""
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            raise self._refuse("E105", event, "the file is empty", "the README has a first file to copy")
        root = self._compose(next(self._events), 0)
        next(self._events)
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            hint = "put it into a file of its own"
            raise self._refuse("E106", following, "a second document begins here", hint)
        return root

    def _compose(self, event: Any, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise self._too_deep(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        self._check_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(self._scalar(event), self._span(event))
            self._note(event, node.span)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        self._count(event, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _check_tag(self, event: Any) -> None:
        if event.tag not in _CORE_TAGS:
            message = f'the tag "{event.tag}" is not known'
            raise self._refuse("E108", event, message, "remove it; values are read as YAML 1.2 writes them")

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self._refuse("E109", event, f"more than {MAX_NODES:,} values once aliases are expanded")

    def _alias(self, event: Any) -> _Node:
        if event.anchor not in self._anchors:
            raise self._refuse("E110", event, f"the anchor &{event.anchor} is not defined above")
        node = self._anchors[event.anchor]
        if node is None:
            raise self._refuse("E111", event, f"*{event.anchor} stands within its own anchor")
        self._count(event, node.size)
        return node

    def _scalar(self, event: Any) -> Scalar:
        if not event.implicit[0] and event.tag in (None, "tag:yaml.org,2002:str"):
            return str(event.value)
        value, problem = read_plain(event.value)
        if problem is not None:
            self.found.append(self._refuse(problem.code, event, problem.message, problem.hint).diagnostic)
        return value

    def _note(self, event: Any, span: Span) -> None:
        """Keep what later findings are about: a quote over several lines, a text with two readings."""
        if event.style in ("'", '"') and span.line != span.end_line:
            self._long_quote = span
        elif event.implicit[0] and is_read_otherwise_by_1_1(event.value):
            self.other_in_1_1.append(span)

    def _sequence(self, event: Any, depth: int) -> _Node:
        children: list[Child] = []
        while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
            children.append((len(children), None, self._compose(item, depth + 1)))
        data: Json = [child.data for _, _, child in children]
        return _Node(data, self._block_span(event, children), tuple(children), _size(children))

    def _mapping(self, event: Any, depth: int) -> _Node:
        own: dict[str, tuple[Span, _Node]] = {}
        merged: _Node | None = None
        while not isinstance(key_event := next(self._events), yaml.MappingEndEvent):
            key = self._key(key_event)
            value = self._compose(next(self._events), depth + 1)
            if key == "<<" and key_event.implicit[0]:
                merged = self._merge(key_event, value, merged)
            elif key in own:
                self.found.append(self._duplicate(key, key_event, own[key][0]))
            else:
                own[key] = (self._span(key_event), value)
        inherited = merged.children if merged is not None else ()
        by_key: dict[str | int, Child] = {child[0]: child for child in inherited}
        by_key |= {key: (key, span, value) for key, (span, value) in own.items()}
        children = list(by_key.values())
        data: Json = {str(key): child.data for key, _, child in children}
        return _Node(data, self._block_span(event, children), tuple(children), _size(children))

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            line = self._lines[event.start_mark.line]
            is_list = isinstance(event, yaml.SequenceStartEvent)
            raise _Refused(explain_key(self._span(event), line, is_list=is_list))
        self._check_tag(event)
        if not isinstance(self._scalar(event), str):
            message = f"the key {event.value} is read as {type_name(self._scalar(event))}, and keys are texts"
            raise self._refuse("E114", event, message, f'write "{event.value}"')
        return str(event.value)

    def _merge(self, event: Any, value: _Node, before: _Node | None) -> _Node:
        if before is not None:
            raise self._refuse("E115", event, "a map takes one << only", "name both in one: <<: [*one, *two]")
        if isinstance(value.data, dict):
            return value
        maps = [child for _, _, child in value.children]
        if not maps or not all(isinstance(each.data, dict) for each in maps):
            message = "<< takes a map or a list of maps, and this is none"
            raise self._refuse("E115", event, message, "name anchors of maps: <<: *name, or <<: [*one, *two]")
        # The earlier map wins (yaml.org/type/merge.html).
        by_key = {child[0]: child for each in reversed(maps) for child in each.children}
        children = tuple(by_key.values())
        return _Node({str(key): child.data for key, _, child in children}, value.span, children, value.size)

    def _duplicate(self, key: str, event: Any, first: Span) -> Diagnostic:
        return Diagnostic(
            code="E116",
            span=self._span(event),
            message=f'the key "{key}" stands twice in this map, first on line {first.line}',
            hint="remove one of them",
            related=((first, "first here"),),
        )

    def _block_span(self, event: Any, children: list[Child]) -> Span:
        """A block's own end mark lies on the next thing; it ends where its last child ends."""
        span = self._span(event)
        if not children:
            return span
        last = children[-1][2].span
        return Span(self._file, span.line, span.column, last.end_line, last.end_column)


def _size(children: list[Child]) -> int:
    return 1 + sum(child.size for _, _, child in children)
