"""A recipe's tree becomes a ``Recipe``; what it registers stays a tree, since only its values make it a registration."""

from runner.config.read.source import SourceTree
from runner.config.typed.cursor import Cursor, LateValues
from runner.config.typed.declared import read_part
from runner.config.typed.parameter import read_parameter
from runner.language.recipes import Recipe
from runner.model.diagnostic import Diagnostic

_AT_MOST = {"parameters": 100, "rules": 20}
"""Each use of a recipe asks all of them."""


def read_recipe(tree: SourceTree) -> tuple[Recipe, tuple[Diagnostic, ...]]:
    """Return the typed form of a recipe that the schema accepts, and what is wrong with its texts."""
    findings: list[Diagnostic] = []
    top = Cursor(tree, (), tree.data, findings, LateValues({}))
    for key, most in _AT_MOST.items():
        if key in top and len(top.data[key]) > most:
            top.child(key).report("E209", f"{key} has more than {most} entries", at_key=True)
            top.data = {**top.data, key: type(top.data[key])()}
    for rule in top.child("rules").items() if "rules" in top else ():
        rule.child("that").check_path(rule.data["that"])
    recipe = read_part(
        top,
        Recipe,
        version=1,  # the schema has asked for it
        parameters=dict(top.map("parameters", read_parameter)),
        policies={},
        tests=(),
    )
    return recipe, tuple(findings)
