"""Finding the placeholders in any frozen data, wherever they stand in it.

Every check and every binding walks over the whole file, so this loop is a good part of what ``validate``
costs: it keeps its own stack and asks each type for its fields once.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from runner.language.span import Span
from runner.language.value import Encode, Reference, Source, StatusSet, Template

T = TypeVar("T")

_NOTHING_SET: Mapping[str, str] = {}
_LEAVES = (str, int, float, frozenset, Span, StatusSet)


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    """Return the fields of a type that can hold templates, the last first."""
    if issubclass(kind, _LEAVES):
        return ()
    return tuple(reversed(kind.__struct_fields__)) if issubclass(kind, Struct) else ()


def templates_in(data: Any) -> Iterator[Template]:
    """Go through Structs, tuples and maps to every template in them, in order."""
    return _found_in(data, Template)


def _found_in(data: Any, wanted: type[T]) -> Iterator[T]:
    stack = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, wanted):
            yield item
        elif isinstance(item, tuple):
            stack.extend(reversed(item))
        elif isinstance(item, Mapping):
            stack.extend(reversed(item.values()))  # type: ignore[call-overload]  # dicts, whose views reverse
        else:
            kind: type = type(item)
            stack.extend([getattr(item, name) for name in _fields(kind)])


def references_in(
    data: Any, environment: Mapping[str, str] = _NOTHING_SET
) -> Iterator[tuple[Reference, Template]]:
    """Go through every placeholder, with the template that it stands in.

    Args:
        data: where to look.
        environment: a variable that is set there needs no default, and what stands in it is left out.
    """
    for template in templates_in(data):
        for part in template.parts:
            if isinstance(part, Reference):
                yield part, template
                if isinstance(part.default, Template) and not environment.get(part.name):
                    yield from ((inner, template) for inner, _ in references_in(part.default, environment))


def parsed_in(data: Any) -> Iterator[Reference]:
    """Go through the placeholders whose text a ``$parse`` makes a value of, which may be a long one."""
    for directive in _found_in(data, Encode):
        if directive.how == "parse":
            yield from (reference for reference, _ in references_in(directive.value))
        else:
            yield from parsed_in(directive.value)


def is_own_ip(reference: Reference) -> bool:
    """Whether a placeholder stands for the own address, which is known during the run only."""
    return reference.source is Source.SELF and reference.name == "ip"
