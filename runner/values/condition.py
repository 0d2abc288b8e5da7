"""Conditions: data and not expressions, so that schema, completion and diagnostics cover them."""

import json
import re
from collections.abc import Iterable

from runner.language.value import Condition, Document, Json, ListNode, MapNode, Named, Operator, Template
from runner.model.bound import Scope
from runner.values import pattern
from runner.values.document import render_document, revealed
from runner.values.template import RenderError, as_text, resolve

_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?")


def holds(condition: Condition, value: Json, scope: Scope) -> bool:
    """Whether the condition holds for a value; none stands for a value that is not there.

    Raises:
        RenderError: when the condition's own operand has no value.
    """
    operand = revealed(render_document(condition.operand, scope))
    match condition.operator:
        case Operator.EQUALS:
            return same(value, operand)
        case Operator.IN:
            return isinstance(operand, list) and any(same(value, item) for item in operand)
        case Operator.CONTAINS:
            return _contains(value, operand)
        case Operator.MATCHES:
            return isinstance(value, str) and pattern.matches(str(operand), value)
        case Operator.EXISTS:
            return (value is not None) == operand
        case Operator.EMPTY:
            return (value is None or value in ("", [], {})) == operand
        case Operator.MIN | Operator.MAX:
            return _within(condition.operator, value, operand)


def same(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, and neither is true."""
    match one, other:
        case (bool(), _) | (_, bool()):
            return one is other
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        case _:
            return one == other


def _contains(value: Json, operand: Json) -> bool:
    match value:
        case str():
            return isinstance(operand, str) and operand in value
        case list():
            return any(same(item, operand) for item in value)
        case dict():
            return isinstance(operand, str) and operand in value
        case _:
            return False


def _within(operator: Operator, value: Json, operand: Json) -> bool:
    number, bound = _number(value), _number(operand)
    if number is None or bound is None:
        return False
    return number >= bound if operator is Operator.MIN else number <= bound


def _number(value: Json) -> float | None:
    """Numbers as texts count: headers have no others, and 64-bit numbers travel in JSON as texts."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def asked_for(when: Iterable[Named], scope: Scope) -> bool:
    """Whether all conditions on captures hold; what was not captured is not there."""
    try:
        return all(holds(each.condition, _captured(each.name, scope), scope) for each in when)
    except RenderError:
        return False


def _captured(name: Template, scope: Scope) -> Json:
    (reference,) = name.references
    value = scope.captures.get(reference.name, {}).get(reference.field or "")
    return revealed(value)


def render_name(name: Template, scope: Scope) -> str:
    """Return the path or header name of a condition with its placeholders replaced.

    Raises:
        RenderError: when a value has a quote or a backslash and so could leave its quotes.
    """
    parts: list[str] = []
    for part in name.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        text = as_text(resolve(part, scope), str(part))
        real = text if isinstance(text, str) else text.value
        if set(real) & {'"', "'", "`", "\\"}:
            raise RenderError(f"{part} has a quote or a backslash and cannot stand in a path")
        parts.append(real)
    return "".join(parts)


def rendered_path(path: str | Template, scope: Scope) -> str:
    """Return a path that may have placeholders; see ``render_name``."""
    return path if isinstance(path, str) else render_name(path, scope)


def describe(named: Named) -> str:
    """Return a condition as the file writes it, with placeholders unreplaced."""
    return f"{named.name} {named.condition.operator} {_written(named.condition.operand)}"


def _written(operand: Document) -> str:
    match operand:
        case ListNode():
            return f"[{', '.join(map(_written, operand.items))}]"
        case MapNode():
            return "{" + ", ".join(f"{key}: {_written(value)}" for key, value in operand.entries) + "}"
        case None | bool():
            return json.dumps(operand)
        case _:
            return str(operand)
