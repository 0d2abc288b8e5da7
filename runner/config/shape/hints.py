"""What to write instead: the help lines of findings about shape, from the value that stands there."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from runner.config.read.source import Path
from runner.language.units import UnitError, parse_duration_s, parse_size_bytes, status_hint

_KEY_AND_VALUE = re.compile(r"""([a-z_]+):(["'$/\w].*)""", re.DOTALL)


def type_hint(value: object, names: Sequence[str], key: str, *, is_condition: bool) -> str | None:
    """Say how the value is written that was probably meant.

    Args:
        value: what stands there, which is of none of the types.
        names: the types of JSON Schema that may stand there.
        key: the key that it stands under.
        is_condition: whether a condition is expected there.
    """
    if isinstance(value, str) and value.lower() in {"yes", "no", "on", "off"} and "boolean" in names:
        return f"write {'true' if value.lower() in {'yes', 'on'} else 'false'}"
    joined = _KEY_AND_VALUE.fullmatch(value) if isinstance(value, str) and "object" in names else None
    if joined is not None and not joined[2].startswith("//"):
        return f"write a space after the colon: {joined[1]}: {joined[2]}"
    if isinstance(value, str) and re.fullmatch(r"[A-Z]+ /\S*", value):
        method, _, place = value.partition(" ")
        return f"write {{method: {method}, path: {place}}}"
    if isinstance(value, int | float) and list(names) == ["string"]:
        return f'write "{str(value).lower() if isinstance(value, bool) else value}"'
    if isinstance(value, dict) and list(names) == ["array"]:
        first = next(iter(value), "...")
        is_named = key in {"steps", "failure_classes", "tests"}
        return (
            f'write "- name: {first}" and what belongs to it below' if is_named else "begin each entry with -"
        )
    if isinstance(value, str | int) and list(names) == ["array"]:
        return f"write [{value}]"
    if isinstance(value, list) and is_condition:
        shown = ", ".join(str(item) for item in value)
        return f"write {{in: [{shown}]}} for one of these, or {{equals: [{shown}]}} for the list itself"
    return None


def unit_hint(code: str, text: str) -> str | None:
    """Ask the reader of durations, sizes or status sets, who knows what is meant."""
    try:
        if code == "E210":
            parse_duration_s(text)
        elif code == "E211":
            parse_size_bytes(text)
    except UnitError as error:
        return error.hint
    return status_hint(text) if code == "E212" else None


def name_hint(what: str, text: str) -> str | None:
    """Say how a URL, a path or a name is written that is nearly one."""
    if "URL" in what and "://" not in text and re.match(r"[\w.-]+(:[0-9]+)?(/|$)", text):
        return f"write http://{text} or https://{text}"
    if what == "a path" and re.match(r"[\w.-]+(/|$)", text):
        return f"write /{text}"
    lower = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")
    if "environment" in what and re.fullmatch(r"[A-Za-z_][\w.-]*", text):
        return f"write {re.sub('[.-]', '_', text)}"
    if what == "a name" and text.lower() != text and re.fullmatch(r"[a-z][a-z0-9_-]*", lower):
        return f"names are in lower case: {lower}"
    return None


def two_tests(tests: Mapping[str, Any], path: Path) -> str:
    """Say how two limits are written as one path."""
    if set(tests) == {"min", "max"} and "body" in path:
        name = path[-1]
        return f"say both in the path: '{name} >= `{tests['min']}` && {name} <= `{tests['max']}`': true"
    return "leave all but one out"
