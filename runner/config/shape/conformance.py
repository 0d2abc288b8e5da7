"""Whether a document surely is as the schema says, without the library that explains why it is not.

Importing jsonschema is a third of what reading a file costs, and nearly every file that a container starts with is
right. So the schema's keywords, of which ours has few, are asked here first; whatever does not pass goes to jsonschema,
which finds and places each mistake. A test holds that both give the same answer.
"""

import json
import re
from collections.abc import Callable, Mapping, Sized
from functools import cache
from importlib import resources
from typing import Any, ClassVar

SCHEMA_FILE = "enlist.v1.schema.json"
RECIPE_SCHEMA = "recipe.v1.schema.json"
SCENARIO_SCHEMA = "scenario.v1.schema.json"

Check = Callable[[Any], bool]

_TYPES: dict[str, Check] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
"""A float that is whole is an integer to JSON Schema; it is left to the library, as all that is rare."""
_NUMBER = _TYPES["number"]


def _at_least(kind: type[Sized]) -> Callable[..., Check]:
    return lambda _self, least, _around: lambda value: not isinstance(value, kind) or len(value) >= least


def _at_most(kind: type[Sized]) -> Callable[..., Check]:
    return lambda _self, most, _around: lambda value: not isinstance(value, kind) or len(value) <= most


ANNOTATIONS = {
    "$schema", "$id", "title", "description", "examples", "default", "definitions", "patternErrorMessage",
    "enumDescriptions", "properties", "patternProperties", "then", "else", "$ref", "allOf",
}  # fmt: skip
"""Keywords that ask nothing, or that another one asks."""


class Conformance:
    """The checks of one schema, made when they are first needed."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._made: dict[str, Check] = {}

    def holds(self, document: Any) -> bool:
        """Return whether the document is as the schema says; a no may be wrong, a yes never is."""
        return self._of(self._schema)(document)

    def _of(self, schema: Mapping[str, Any]) -> Check:
        reference = schema.get("$ref")
        if reference is not None:
            return self._referred(reference.removeprefix("#/definitions/"))
        checks = [
            make(self, schema[keyword], schema)
            for keyword, make in self.KEYWORDS.items()
            if keyword in schema
        ]
        return lambda value: all(check(value) for check in checks)

    def _referred(self, name: str) -> Check:
        def check(value: Any) -> bool:
            if name not in self._made:
                self._made[name] = self._of(self._schema["definitions"][name])
            return self._made[name](value)

        return check

    def _type(self, types: str | list[str], _: Mapping[str, Any]) -> Check:
        allowed = [_TYPES[name] for name in ([types] if isinstance(types, str) else types)]
        return lambda value: any(is_one(value) for is_one in allowed)

    def _enum(self, words: list[Any], _: Mapping[str, Any]) -> Check:
        return lambda value: isinstance(value, str) and value in words

    def _const(self, constant: Any, _: Mapping[str, Any]) -> Check:
        return lambda value: value == constant and type(value) is type(constant)

    def _pattern(self, pattern: str, _: Mapping[str, Any]) -> Check:
        search = re.compile(pattern).search
        return lambda value: not isinstance(value, str) or search(value) is not None

    def _minimum(self, least: float, _: Mapping[str, Any]) -> Check:
        return lambda value: not _NUMBER(value) or value >= least

    def _maximum(self, most: float, _: Mapping[str, Any]) -> Check:
        return lambda value: not _NUMBER(value) or value <= most

    def _required(self, names: list[str], _: Mapping[str, Any]) -> Check:
        return lambda value: not isinstance(value, dict) or all(name in value for name in names)

    def _names(self, schema: Mapping[str, Any], _: Mapping[str, Any]) -> Check:
        check = self._of(schema)
        return lambda value: not isinstance(value, dict) or all(map(check, value))

    def _items(self, schema: Mapping[str, Any], _: Mapping[str, Any]) -> Check:
        check = self._of(schema)
        return lambda value: not isinstance(value, list) or all(map(check, value))

    def _if(self, schema: Mapping[str, Any], around: Mapping[str, Any]) -> Check:
        condition = self._of(schema)
        then, otherwise = self._of(around.get("then", {})), self._of(around.get("else", {}))
        return lambda value: then(value) if condition(value) else otherwise(value)

    def _other_keys(self, schema: Any, around: Mapping[str, Any]) -> Check:
        """All keys of a map: each by its own schema, or by that of all others."""
        known = {name: self._of(each) for name, each in around.get("properties", {}).items()}
        patterns = [re.compile(each) for each in around.get("patternProperties", {})]
        others = self._of(schema) if isinstance(schema, dict) else None

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for name, item in value.items():
                own = known.get(name, others)
                if own is None:
                    if not any(each.search(name) for each in patterns):
                        return False
                elif not own(item):
                    return False
            return True

        return check

    KEYWORDS: ClassVar[dict[str, Callable[..., Check]]] = {
        "type": _type,
        "enum": _enum,
        "const": _const,
        "pattern": _pattern,
        "minimum": _minimum,
        "maximum": _maximum,
        "minLength": _at_least(str),
        "maxLength": _at_most(str),
        "minItems": _at_least(list),
        "minProperties": _at_least(dict),
        "maxProperties": _at_most(dict),
        "required": _required,
        "propertyNames": _names,
        "items": _items,
        "if": _if,
        "additionalProperties": _other_keys,
    }


@cache
def load_schema(name: str = SCHEMA_FILE) -> dict[str, Any]:
    """Return a schema that is shipped with the package."""
    text = resources.files("runner.schemas").joinpath(name).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def conforms(document: Any, schema: Mapping[str, Any] | None = None) -> bool:
    """Return whether a document surely is as a schema says, that of a file where none is given."""
    return Conformance(load_schema() if schema is None else schema).holds(document)
