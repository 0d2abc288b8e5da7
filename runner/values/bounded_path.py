"""Asking a JMESPath of a document within a bound on the work.

Expressions are small, and what they make need not be: ``[@,@]|[@,@]|...`` doubles with every pipe, and a filter
asks each of the hundred thousand members that a server can send. Time and memory go with what is counted here.
"""

from typing import Any

from jmespath.visitor import TreeInterpreter

from runner.values.budget import Budget

_STEP = 8
"""A step of the interpreter takes as long as looking at eight values."""


class BoundedInterpreter(TreeInterpreter):
    """The library's interpreter, which stops at the bound."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._spend = budget.spend

    def ask(self, parsed: Any, document: Any) -> Any:
        """Return what a parsed expression finds, which is small enough to be gone through."""
        found = self.visit(parsed, document)
        self._weigh(found)
        return found

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Take one step."""
        self._spend(_STEP if node["type"] != "literal" else _STEP >> 1)
        found = super().visit(node, *args, **kwargs)
        if isinstance(found, list):
            self._spend(len(found) >> 3)
        return found

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        """Call a function, which may go through all of its arguments."""
        arguments = [self.visit(child, value) for child in node["children"]]
        for argument in arguments:
            self._weigh(argument)
        return super().visit_function_expression(_with_values(node, arguments), value)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        """Compare two values, of which equal ones are gone through to their ends."""
        left, right = (self.visit(child, value) for child in node["children"])
        if isinstance(left, list | dict) and isinstance(right, list | dict):
            self._weigh(left)
        return super().visit_comparator(_with_values(node, [left, right]), value)

    def _weigh(self, value: Any) -> None:
        """Count the values within a value; one that stands there twice counts twice."""
        waiting = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, list):
                self._spend(len(part) + _STEP)
                waiting += part
            elif isinstance(part, dict):
                self._spend(len(part) + _STEP)
                waiting += part.values()
            elif isinstance(part, str):
                self._spend(len(part) >> 8)


def _with_values(node: Any, values: list[Any]) -> Any:
    """Return a node whose children are known already."""
    return {**node, "children": [{"type": "literal", "value": value, "children": []} for value in values]}
