"""The reference page of the language, ``schemas/LANGUAGE.md``: each key with its meaning, type, default and example."""

import json
from typing import Any

from msgspec.structs import replace

from runner.language.key import DeclaredKey, Kind, about, keys_of
from runner.language.late import without_variable
from runner.language.words import held_by, parts_of_a_file
from runner.language.written import default_of, description_of

_HEAD = """\
# The language, version 1

Every key that a file may have. This page is made from the declarations in `runner/language/`; do not edit it.
Examples are in YAML's flow style, which is JSON with fewer quotes. Where a type is followed by "or a variable",
a whole `${var.name}` of a variable of that type may stand: it is checked, like what stands there itself, when the file
meets its environment."""
_UNITS = {"_s": "duration", "_bytes": "size"}


def as_markdown() -> str:
    """Return the page."""
    return "\n\n".join([_HEAD, *(_section(part) for part in parts_of_a_file())]) + "\n"


def _section(part: type) -> str:
    said = about(part)
    examples = "\n".join(_written(example) for example in said.examples)
    rows = "\n".join(_row(key) for key in keys_of(part))
    text = " ".join((part.__doc__ or "").split())
    return (
        f"## {said.title}\n\n{text}\n\n```yaml\n{examples}\n```\n\n"
        f"| key | type | default | meaning | example |\n|---|---|---|---|---|\n{rows}"
    )


def _row(declared: DeclaredKey) -> str:
    key, said = declared.key, declared.key.kind.definition
    default = default_of(declared)
    shown = "required" if declared.required else "" if default is None else f"`{_plain(default)}`"
    text = description_of(declared) or (said.text if said is not None else _of_part(key.kind))
    examples = key.examples or (said.examples if said is not None else ())
    example = f"`{_written(examples[0])}`" if examples else ""
    cells = (f"`{declared.name}`", _type(key.kind), shown, text, example)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _of_part(kind: Kind) -> str:
    return "" if kind.holds is None else " ".join((kind.holds.__doc__ or "").split()).partition(". ")[0]


def _type(kind: Kind) -> str:
    """Return what may stand there, in words."""
    held = next(iter(held_by(kind)), None)
    link = (
        ""
        if held is None
        else f"[{about(held).title.lower()}](#{about(held).title.lower().replace(' ', '-')})"
    )
    if kind.late:
        return f"{_type(replace(kind, late=(), schema=without_variable(kind.schema)))}, or a variable"
    if kind.unit:
        return _UNITS[kind.unit]
    if "enum" in kind.schema:
        return "one of " + ", ".join(f"`{word}`" for word in kind.schema["enum"])
    types = kind.schema.get("type", "any")
    if "additionalProperties" in kind.schema:
        return f"map of {link or 'values'}"
    if "items" in kind.schema and types == "array":
        return f"list of {link or 'values'}"
    if link:
        return link
    words = [types] if isinstance(types, str) else types
    return " or ".join(_WORDS.get(word, word) for word in words)


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "object": "map",
    "array": "list",
}


def _plain(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _written(value: Any) -> str:
    """Return a value as YAML in flow style; JSON is such YAML."""
    return (
        value
        if isinstance(value, str) and value and value == value.strip()
        else json.dumps(value, ensure_ascii=False)
    )
