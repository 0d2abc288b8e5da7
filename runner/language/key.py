"""How a key of the language is declared: once, at the field that holds its value.

A part of a file is a frozen Struct whose docstring says what it is. Each of its fields is a key: the annotation has the
kind of value, the title, a sentence and examples; the field's own default is the key's default; the field's name is the
key's, less the unit that the kind adds (``initial_s`` is the key ``initial``). The JSON Schema, the reference page, the
reading of a file and the hints of findings are all made from these declarations, so a new key is a new field.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from msgspec import NODEFAULT, Struct

from runner.language.span import NOWHERE, Span

NO_WORDS: Mapping[str, str] = MappingProxyType({})


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of value: what JSON Schema says of it, what findings call it, and who reads it."""

    reader: str = "plain"
    """The name of its reader in ``config``; ``plain`` takes the value as YAML gives it."""
    schema: Mapping[str, Any]
    """Its keywords of JSON Schema, draft-07."""
    unit: str = ""
    """What its fields end with, as in ``deadline_s``."""
    code: str = ""
    """The code of a text that breaks the pattern."""
    noun: str = ""
    """What such a text is not, as in "5 is not a duration"."""
    hint: str = ""
    """How it is written instead."""
    definition: "Definition | None" = None
    """Its own place in the schema, where several keys share it with all it says."""
    holds: type | None = None
    """The part that it holds, once, in a list or by name; or the words of a choice."""
    late: tuple[str, ...] = ()
    """The types of variables of which one may stand in its place as a whole ``${var.name}``."""
    words: Mapping[str, str] = NO_WORDS
    """What people write who come from other tools, and the value that they mean."""


class Definition(Struct, frozen=True):
    """What a shared kind is called and says where keys do not say it themselves."""

    name: str
    title: str
    text: str
    examples: tuple[Any, ...]


class Key(Struct, frozen=True):
    """What a key says of itself; without a title it is as its kind says."""

    kind: Kind
    title: str = ""
    text: str = ""
    examples: tuple[Any, ...] = ()
    name: str = ""
    """The key, where the field cannot be called so."""
    also: Mapping[str, str] = NO_WORDS
    """Other tools' words for it, each with a remark or none."""
    write: str = ""
    """What to write where it is needed and missing."""


class About(Struct, frozen=True, kw_only=True):
    """What a part says beside its docstring."""

    name: str
    """Its place in the schema."""
    title: str
    examples: tuple[Any, ...]
    at_least_one: bool = False
    """Whether an empty map is refused."""
    at_most_one: bool = False
    one_of: tuple[str, str] | None = None
    """The first key, or where that is missing the second, must be there."""
    but: tuple[str, ...] = ()
    """Keys of the part that it is made of and that it does not take."""
    short: Kind | None = None
    """A plain value that may stand in place of the map."""


class Part(Struct, frozen=True, kw_only=True):
    """A map of the file with known keys."""

    span: Span = NOWHERE
    """Where it stands: its key, or its name."""


class DeclaredKey(Struct, frozen=True):
    """A key with what its field adds."""

    field: str
    name: str
    key: Key
    default: Any
    """``NODEFAULT`` where the key is required."""

    @property
    def required(self) -> bool:
        """Whether the map is wrong without it."""
        return self.default is NODEFAULT


@cache
def keys_of(part: type) -> tuple[DeclaredKey, ...]:
    """Return the keys of a part, in the order of its fields."""
    annotations: dict[str, Any] = {}
    for each in reversed(part.__mro__):
        annotations.update(getattr(each, "__annotations__", {}))
    names: tuple[str, ...] = part.__struct_fields__  # type: ignore[attr-defined]  # parts are Structs
    defaults: tuple[Any, ...] = part.__struct_defaults__  # type: ignore[attr-defined]  # as above
    left_out = about(part).but
    return tuple(
        DeclaredKey(name, _name_of(name, key), key, default)
        for name, default in zip(names, (NODEFAULT,) * (len(names) - len(defaults)) + defaults, strict=True)
        for key in getattr(annotations[name], "__metadata__", ())
        if isinstance(key, Key) and name not in left_out
    )


def _name_of(field: str, key: Key) -> str:
    return key.name or field.removesuffix(key.kind.unit).rstrip("_")


def about(part: type) -> About:
    """Return what a part says of itself."""
    said: About = part.ABOUT  # type: ignore[attr-defined]  # each part has it; a test holds that
    return said
