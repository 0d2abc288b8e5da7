"""What a file gives a recipe by ``with``: checked against its parameters, as far as it is known without an environment."""

import re
from collections.abc import Iterator, Mapping

from msgspec import UNSET, Struct

from runner.config.read.source import Place, SourceTree
from runner.config.recipes.fill import Value
from runner.config.recipes.piece import Piece, piece_at
from runner.language.late import variable_in
from runner.language.parameters import Parameter, ParameterType
from runner.language.recipes import Recipe, RecipeRule
from runner.language.span import Span
from runner.language.units import UnitError, parse_duration_s
from runner.language.value import Json, Scalar
from runner.model.diagnostic import Diagnostic
from runner.values.budget import Budget
from runner.values.path import PathCost, search

_FROM_ENVIRONMENT = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::-([^${}]*))?\}")
_AS_VARIABLES = {
    ParameterType.INTEGER,
    ParameterType.NUMBER,
    ParameterType.BOOLEAN,
    ParameterType.DURATION,
    ParameterType.LIST,
}
"""Types that a text of the environment has to be read as."""
_COUNTED = {ParameterType.STRING: "characters", ParameterType.LIST: "entries", ParameterType.MAP: "entries"}


class Given(Struct, frozen=True):
    """The values of one use, and the variables that read what the environment has of them."""

    values: Mapping[str, Value]
    variables: Mapping[str, Piece]
    secret: tuple[str, ...] = ()
    """Variables of the file that are secret by what they are given to."""


def given_to(
    recipe: Recipe, recipe_tree: SourceTree, given: Piece | None, registration: str, used: Span
) -> Given:
    """Return the values of one use of a recipe: the file's, and otherwise the defaults."""
    values: dict[str, Value] = {}
    variables: dict[str, Piece] = {}
    secret: list[str] = []
    for name, said in recipe.parameters.items():
        piece = given.get(name) if given is not None else None
        if piece is None and said.default is not UNSET and said.default is not None:
            piece = piece_at(recipe_tree, ("parameters", name, "default"), used)
        elif piece is not None and (variable := _variable(said, piece)) is not None:
            called = f"{registration[:40]}_{name}"[:63]
            variables[called] = variable
            piece = Piece(piece.place, f"${{var.{called}}}")
        elif piece is not None and said.secret and (known := variable_in(str(piece.scalar))):
            secret.append(known)
        values[name] = Value(piece)
    return Given(values, variables, tuple(secret))


def _variable(said: Parameter, piece: Piece) -> Piece | None:
    """Return the variable that reads a text of the environment as the parameter's type, or that keeps it secret."""
    text = piece.scalar if isinstance(piece.scalar, str) else ""
    found = _FROM_ENVIRONMENT.fullmatch(text)
    keys: dict[str, Scalar] = {}
    if found is not None and (said.secret or said.type in _AS_VARIABLES):
        keys = {
            "env": found[1],
            "type": str(said.type),
            **({} if found[2] is None else {"default": found[2]}),
        }
    elif said.secret and text and "${" not in text:
        keys = {"value": text}
    if not keys:
        return None
    place = Place(piece.place.value, piece.place.key or piece.place.value)
    kept = {"secret": True} if said.secret else {}
    return Piece(place, held={key: Piece(place, value) for key, value in {**keys, **kept}.items()})


def check_values(recipe: Recipe, given: Piece | None) -> Iterator[Diagnostic]:
    """Yield what is wrong with values that are of their type: bounds, and rules across them."""
    pieces = given.held if given is not None and isinstance(given.held, dict) else {}
    for name, piece in pieces.items():
        said = recipe.parameters.get(name)
        if said is not None and not _is_late(piece.data):
            yield from _bounds(name, said, piece)
    budget = Budget()
    for rule in recipe.rules:
        yield from _rule(rule, recipe, pieces, budget)


def _is_late(data: Json) -> bool:
    return isinstance(data, str) and "${" in data


def _bounds(name: str, said: Parameter, piece: Piece) -> Iterator[Diagnostic]:
    try:
        amount = _amount(said, piece.data)
        least, most = (None if bound is None else _bound(said, bound) for bound in (said.min, said.max))
    except UnitError as error:
        yield Diagnostic(code="E210", span=piece.place.value, message=str(error), hint=error.hint)
        return
    unit = f" {_COUNTED[said.type]}" if said.type in _COUNTED else ""
    if amount is not None and least is not None and amount < least:
        message, hint = f"{name} is too small", f"the least is {said.min}{unit}"
        yield Diagnostic(code="E207", span=piece.place.value, message=message, hint=hint)
    elif amount is not None and most is not None and amount > most:
        message, hint = f"{name} is too large", f"the most is {said.max}{unit}"
        yield Diagnostic(code="E207", span=piece.place.value, message=message, hint=hint)


def _amount(said: Parameter, data: Json) -> float | None:
    """Return what is bounded of a value; numbers are bounded by the schema already."""
    if said.type is ParameterType.DURATION:
        return parse_duration_s(str(data))
    return len(data) if said.type in _COUNTED and isinstance(data, str | list | dict) else None


def _bound(said: Parameter, bound: Json) -> float:
    return parse_duration_s(str(bound)) if said.type is ParameterType.DURATION else float(str(bound))


def _rule(
    rule: RecipeRule, recipe: Recipe, given: Mapping[str, Piece], budget: Budget
) -> Iterator[Diagnostic]:
    """Ask a rule where all that it names is written; the finding stands at the first of these that the file gives."""
    named = [name for name in recipe.parameters if re.search(rf"(?<![\w.])(?<!'){name}\b", rule.that)]
    facts: dict[str, Json] = {}
    for name in named:
        said = recipe.parameters[name]
        data = given[name].data if name in given else None if said.default is UNSET else said.default
        if _is_late(data):
            return
        try:
            facts[name] = (
                parse_duration_s(str(data)) if said.type is ParameterType.DURATION and data else data
            )
        except UnitError:
            return
    places = [given[name].place for name in named if name in given]
    if not places:
        return
    try:
        _, holds = search(rule.that, facts, budget)
    except PathCost:
        message = f"too much is given for a rule of the recipe to be asked: {rule.message}"
        yield Diagnostic(code="E341", span=places[0].value, message=message)
        return
    if holds is not True:
        yield Diagnostic(code="E341", span=places[0].value, message=rule.message, hint=rule.hint)
