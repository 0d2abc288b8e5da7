"""Finding the placeholders in any frozen data, wherever they stand in it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from runner.model.value import Reference, Template


def templates_in(data: Any) -> Iterator[Template]:
    """Go through dataclasses, tuples and maps to every template in them, in order."""
    if isinstance(data, Template):
        yield data
    elif dataclasses.is_dataclass(data) and not isinstance(data, type):
        for field in dataclasses.fields(data):
            yield from templates_in(getattr(data, field.name))
    elif isinstance(data, tuple):
        for item in data:
            yield from templates_in(item)
    elif isinstance(data, Mapping):
        for item in data.values():
            yield from templates_in(item)


def references_in(data: Any) -> Iterator[tuple[Reference, Template]]:
    """Go through every placeholder, with the template that it stands in."""
    for template in templates_in(data):
        for reference in template.references:
            yield reference, template
