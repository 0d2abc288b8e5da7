"""Values that a variable may give: a whole ``${var.name}`` in place of a duration, a number, a size, or true and false.

They are late: known when the file is bound to an environment, and checked then as what a file says itself.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from runner.language.key import Kind
from runner.language.value import Template

VARIABLE = "^[$][{]var[.][a-z][a-z0-9_-]*[}]$"
_OR_VARIABLE = "A variable is written as ${var.name}."
_LATE = {
    "duration": ("duration",),
    "time": ("duration",),
    "size": ("string",),
    "integer": ("integer",),
    "attempts": ("integer",),
    "number": ("number", "integer"),
    "boolean": ("boolean",),
}
"""By the reader of a kind, the types of variables that may stand in its place."""


class Late(Struct, frozen=True):
    """One place of a file whose value a variable gives."""

    key: str
    """Which key, with those above it."""
    template: Template
    name: str
    """The variable."""
    has_literal: bool
    """Whether the variable has a value or a default in the file, which serves until the file is bound."""


def variable_in(text: str) -> str | None:
    """Return the variable that a text names where it is one whole ``${var.name}``."""
    return text.removeprefix("${var.").removesuffix("}") if re.fullmatch(VARIABLE, text) else None


def or_variable(kind: Kind) -> Kind:
    """Return the kind with a whole ``${var.name}`` of a variable of that type in its place."""
    late = _LATE[kind.reader if kind.reader != "plain" else "boolean"]
    if kind.schema["type"] == "string":  # the patterns of durations and sizes let placeholders through
        return replace(kind, late=late)
    types = [kind.schema["type"]] if isinstance(kind.schema["type"], str) else kind.schema["type"]
    pattern = "|".join(filter(None, (kind.schema.get("pattern"), VARIABLE)))
    own = {"type": list(dict.fromkeys((*types, "string"))), "pattern": pattern}
    error = {"patternErrorMessage": f"{kind.schema.get('patternErrorMessage', '')} {_OR_VARIABLE}".lstrip()}
    return replace(kind, late=late, schema={**kind.schema, **own, **error})


def without_variable(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a kind as it is without a variable in its place: what a finding says of another text."""
    pattern = str(schema.get("pattern", ""))
    if not pattern.endswith(VARIABLE):
        return schema
    own = pattern.removesuffix(VARIABLE).removesuffix("|")
    types = [each for each in schema["type"] if own or each != "string"]
    rest = {name: value for name, value in schema.items() if name != "pattern"}
    return {**rest, "type": types if own else types[0], **({"pattern": own} if own else {})}
