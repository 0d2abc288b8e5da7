"""Values as a file writes them: templates, documents with directives, paths, conditions and status sets.

These are the parsed, unrendered forms. ``values`` has the functions that parse and render them; a
``Plan`` is made of them, and so holds neither secrets nor environment.
"""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from runner.language.span import NOWHERE, Span

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"
"""What JSON can say."""

Scalar: TypeAlias = None | bool | int | float | str


class Source(StrEnum):
    """Where a placeholder's value comes from."""

    VAR = "var"
    ENV = "env"
    FILE = "file"
    CAPTURE = "capture"
    ITEM = "item"
    EACH = "each"
    SELF = "self"


class Reference(Struct, frozen=True, kw_only=True):
    """One placeholder."""

    source: Source
    name: str
    """The variable, the environment variable, the file's path, the step, or nothing for an item."""
    field: str | None = None
    """The capture of a step, or the key of an item."""
    default: "str | Template | None" = None
    """What ``${NAME:-default}`` gives when the variable is unset or empty; it may have placeholders itself."""
    message: str | None = None
    """What ``${NAME:?message}`` says when the variable is unset or empty."""

    def __str__(self) -> str:
        match self.source:
            case Source.ENV:
                return f"${{{self.name}}}"
            case Source.SELF:
                return f"${{self:{self.name}}}"
            case Source.FILE:
                return f"${{file:{self.name}}}"
            case Source.ITEM | Source.EACH:
                return f"${{{self.name}}}" if self.field is None else f"${{{self.name}.{self.field}}}"
            case Source.VAR:
                return f"${{var.{self.name}}}"
            case _:
                return f"${{{self.name}.{self.field}}}"


class Template(Struct, frozen=True):
    """A text with placeholders, in the order in which they stand."""

    parts: tuple[str | Reference, ...]
    span: Span = NOWHERE

    @property
    def references(self) -> tuple[Reference, ...]:
        """The placeholders alone."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    @property
    def whole(self) -> Reference | None:
        """The placeholder, when the text is nothing else: then it keeps its value's type."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Reference):
            return self.parts[0]
        return None

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


class MapNode(Struct, frozen=True):
    """A map of a body, a form or a query, in file order."""

    entries: "tuple[tuple[str | Template, Document], ...]"


class ListNode(Struct, frozen=True):
    """A list of a body, a form or a query."""

    items: "tuple[Document, ...]"


class ForEach(Struct, frozen=True, kw_only=True):
    """``$for_each``: one value for each item, as a list, or as a map when ``key`` is there."""

    items: "Document"
    value: "Document"
    key: Template | None
    allow_empty: bool
    span: Span


class Encode(Struct, frozen=True):
    """``$base64`` or ``$json``: the value as encoded text; ``$parse``: JSON text as a value."""

    how: str
    value: "Document"


Document: TypeAlias = None | bool | int | float | str | Template | MapNode | ListNode | ForEach | Encode
"""A value of a body, a form, a query or a condition, before rendering."""


class Operator(StrEnum):
    """What a condition asks."""

    EQUALS = "equals"
    IN = "in"
    CONTAINS = "contains"
    MATCHES = "matches"
    EXISTS = "exists"
    EMPTY = "empty"
    MIN = "min"
    MAX = "max"


class Condition(Struct, frozen=True):
    """One question about one value."""

    operator: Operator
    operand: Document


class Named(Struct, frozen=True):
    """A condition on something that has a name: a JMESPath of the body, or a header."""

    name: Template
    condition: Condition


class StatusSet(Struct, frozen=True):
    """A set of HTTP status codes, with the words of the file."""

    mask: int
    """A bit for each code: a set takes a few bytes, and a file can have ten thousands of them."""
    text: str

    @property
    def codes(self) -> frozenset[int]:
        """The codes one by one."""
        return frozenset(code for code in range(self.mask.bit_length()) if code in self)

    def __contains__(self, status: object) -> bool:
        return isinstance(status, int) and status >= 0 and bool(self.mask >> status & 1)

    def __str__(self) -> str:
        return self.text


class Name(Struct, frozen=True):
    """A name that refers to something else in the file."""

    text: str
    span: Span
