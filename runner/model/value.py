"""A rendered value: what a template has become, with its secrets marked."""

from typing import TypeAlias

from runner.language.value import (
    Condition,
    Document,
    Encode,
    ForEach,
    Json,
    ListNode,
    MapNode,
    Named,
    Operator,
    Reference,
    Scalar,
    Source,
    StatusSet,
    Template,
)
from runner.model.secret import Secret

__all__ = [
    "Condition",
    "Document",
    "Encode",
    "ForEach",
    "Json",
    "ListNode",
    "MapNode",
    "Named",
    "Operator",
    "Reference",
    "Scalar",
    "Source",
    "StatusSet",
    "Template",
    "Value",
]

Value: TypeAlias = "None | bool | int | float | str | Secret | list[Value] | dict[str, Value]"
"""JSON in which some leaves are secret."""
