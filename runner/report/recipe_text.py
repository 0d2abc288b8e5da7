"""Recipes for people: the list, and what one of them takes, sends and was seen to do."""

import json
from collections.abc import Iterable, Iterator
from textwrap import indent

from msgspec import UNSET

from runner.language.parameters import Parameter, example_of
from runner.language.recipes import SUFFIX, Recipe
from runner.language.value import Json

_NOT_RUN = "not yet run on a real server: made from what is published, and played against a script"


def render_list(recipes: Iterable[tuple[str, Recipe]]) -> str:
    """Return the names of recipes, and what each registers."""
    listed = list(recipes)
    width = max((len(name) for name, _ in listed), default=0)
    lines = [f"{name:<{width}}  {recipe.title}{'' if recipe.seen else ' (*)'}" for name, recipe in listed]
    return "\n".join([*lines, f"(*) {_NOT_RUN}" if any(not each.seen for _, each in listed) else ""]).rstrip()


def render_recipe(name: str, recipe: Recipe) -> str:
    """Return what somebody should know who uses a recipe."""
    parts = [f"{name}: {recipe.title}"]
    if recipe.description:
        parts += ["", recipe.description.strip()]
    parts += ["", *_seen(recipe), "", "with:", *_table(recipe)]
    parts += ["", *(f"  {rule.message}" for rule in recipe.rules)] if recipe.rules else []
    return "\n".join([*parts, "", "example:", indent(example_file(name, recipe), "  ").rstrip()])


def _seen(recipe: Recipe) -> Iterator[str]:
    if recipe.seen is None:
        yield _NOT_RUN
    else:
        yield "run on:"
        yield indent(recipe.seen.strip(), "  ")


def _table(recipe: Recipe) -> Iterator[str]:
    rows = [(name, _type(each), _default(each), each.description) for name, each in recipe.parameters.items()]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for name, kind, default, description in rows:
        yield f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {default:<{widths[2]}}  {description}"


def _type(said: Parameter) -> str:
    kind = " | ".join(said.choices) if said.choices else str(said.type)
    bounds = [
        f"{word} {bound}" for word, bound in (("from", said.min), ("to", said.max)) if bound is not None
    ]
    return " ".join([kind, *bounds])


def _default(said: Parameter) -> str:
    if said.default is UNSET:
        return "required"
    return "-" if said.default is None else _written(said.default)


def _written(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return str(value) if not isinstance(value, str) else value or '""'


def example_file(name: str, recipe: Recipe) -> str:
    """Return the shortest file that uses a recipe."""
    given = {key: example_of(each) for key, each in recipe.parameters.items() if each.is_required}
    plane, _, called = ("plane", "", "it") if name.endswith(SUFFIX) else name.partition("/")
    lines = [
        "version: 1",
        "endpoints:",
        f'  {plane}: {{url: "{recipe.address}"}}',
        "registrations:",
        f"  {called}:",
        f"    use: {name}",
    ]
    if given:
        lines += ["    with:", *(f"      {key}: {_quoted(value)}" for key, value in given.items())]
    return "\n".join(lines) + "\n"


def _quoted(value: Json) -> str:
    return (
        _written(value)
        if isinstance(value, str) and value.isalnum()
        else json.dumps(value, ensure_ascii=False)
    )
