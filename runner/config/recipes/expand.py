"""A file with recipes becomes one without: each ``use`` gives way to what the recipe says, filled and placed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from runner.config.read.source import MAX_NODES, Path, SourceTree
from runner.config.recipes.fill import Filling
from runner.config.recipes.find import Found
from runner.config.recipes.located import at_their_use, at_use
from runner.config.recipes.overlay import overlay_endpoint, overlay_registration, own_recipes_in, renamed
from runner.config.recipes.piece import Piece, piece_at, places_of
from runner.config.recipes.values import check_values, given_to
from runner.config.shape.conformance import conforms
from runner.language.recipes import Recipe, with_schema
from runner.language.span import Span
from runner.language.value import Json, Name
from runner.model.diagnostic import Diagnostic

_MAX_NAME = 63
_MAX_FILLED = 20 * MAX_NODES
_ANYTHING_ELSE: Mapping[str, Any] = {"additionalProperties": {}}
Find = Callable[[Name], Found | Diagnostic]
"""Finds a recipe by what a file calls it, or says why there is none."""


class Expanded(Struct, frozen=True):
    """A file with its recipes in their places."""

    tree: SourceTree
    findings: tuple[Diagnostic, ...] = ()
    """Why some of them could not be put there."""
    raw: bytes = b""
    """The bytes of the recipes, which are a part of what was checked."""


class _Use(Struct, frozen=True):
    """One registration that uses a recipe."""

    registration: str
    span: Span
    recipe: Recipe
    tree: SourceTree

    @property
    def path(self) -> Path:
        """Where the registration stands."""
        return ("registrations", self.registration)


def expand(tree: SourceTree, find: Find) -> Expanded:
    """Return the file with its recipes in their places; as it is where it uses none.

    Args:
        tree: the file, which may have another shape than a file should have.
        find: finds a recipe by its name.
    """
    named = list(_named(tree))
    if not named:
        return Expanded(tree)
    found: dict[str, Found | Diagnostic] = {}
    for _, name in named:
        if name.text not in found:
            found[name.text] = find(name)
    uses = [
        _Use(registration, use.span, each.recipe, each.tree)
        for registration, use in named
        if isinstance(each := found[use.text], Found) and each.recipe and each.tree
    ]
    findings = (*_unusable(named, found), *_ill_given(tree, uses))
    recipes = [each for each in found.values() if isinstance(each, Found)]
    raw = b"".join(each.raw for each in recipes)
    if findings:
        return Expanded(tree, findings, raw)
    built = _Expansion(tree)
    for use in uses:
        if not built.is_too_large:
            built.put(use)
    trees = tuple(each.tree for each in recipes if each.tree is not None)
    return Expanded(replace(built.tree(), recipes=trees), tuple(at_their_use(built.findings)), raw)


def _named(tree: SourceTree) -> Iterator[tuple[str, Name]]:
    """Go through the registrations that name a recipe, in a file that may have another shape."""
    top = tree.data if isinstance(tree.data, dict) else {}
    registrations = top.get("registrations")
    for name, each in registrations.items() if isinstance(registrations, dict) else ():
        use = each.get("use") if isinstance(each, dict) else None
        if isinstance(use, str):
            yield name, Name(use, tree.span(("registrations", name, "use")))


def _unusable(
    named: Iterable[tuple[str, Name]], found: Mapping[str, Found | Diagnostic]
) -> Iterator[Diagnostic]:
    for _, use in named:
        each = found[use.text]
        if isinstance(each, Diagnostic):
            yield replace(each, span=use.span)
        elif each.recipe is None:
            yield from (at_use(finding, use.span) for finding in each.findings)


def _ill_given(tree: SourceTree, uses: Iterable[_Use]) -> Iterator[Diagnostic]:
    """Yield what is wrong with what is given: the shape by the schema that editors have, then bounds and rules."""
    # Each recipe stands there once, however often it is used.
    taken = {id(use.recipe): with_schema(use.recipe) for use in uses}
    by_name = {use.registration: _registration_schema(taken[id(use.recipe)], id(use.recipe)) for use in uses}
    schema = {
        **_ANYTHING_ELSE,
        "properties": {"registrations": {**_ANYTHING_ELSE, "properties": by_name}},
        "definitions": {str(number): each for number, each in taken.items()},
    }
    if not conforms(tree.data, schema):
        from runner.config.shape.schema import check_shape  # noqa: PLC0415 - only what is wrong pays for it

        yield from check_shape(tree, schema)
        return
    for use in uses:
        yield from check_values(use.recipe, piece_at(tree, use.path).get("with"))


def _registration_schema(taken: Mapping[str, Any], number: int) -> dict[str, Any]:
    required = {"required": ["with"]} if "required" in taken else {}
    return {**required, **_ANYTHING_ELSE, "properties": {"with": {"$ref": f"#/definitions/{number}"}}}


class _Expansion:
    """A file in which registrations give way to what their recipes say, one after the other."""

    def __init__(self, tree: SourceTree) -> None:
        self.findings: list[Diagnostic] = []
        self._source = tree
        self._top: dict[str, Piece] = {}
        self._nodes = 0
        self._filled = 0
        """How many values of recipes were looked at; $if may leave nothing of them, and costs as much."""

    @property
    def is_too_large(self) -> bool:
        """Whether it has more values than a file may have, or its recipes have very many for what is left of them."""
        return self._nodes > MAX_NODES or self._filled > _MAX_FILLED

    def put(self, use: _Use) -> None:
        """Put the registration, and what goes with it, in its place."""
        self._filled += len(use.tree.places)
        own = piece_at(self._source, use.path)
        given = given_to(use.recipe, use.tree, own.get("with"), use.registration, use.span)
        filling = Filling(given.values)
        policies = {
            name: f"{use.registration}-{name}"[-_MAX_NAME:].lstrip("-_0123456789")
            for name in self._policies_of(use)
        }
        said = piece_at(use.tree, ("registration",), use.span)
        self.findings += own_recipes_in(said)
        merged = overlay_registration(own, said, self.findings)
        registration = filling.fill(merged)
        if registration is not None:
            self._add("registrations", use.registration, renamed(registration, policies), replaces=True)
        for name, called in policies.items():
            policy = filling.fill(piece_at(use.tree, ("retry_policies", name), use.span))
            if policy is not None:
                self._add("retry_policies", called, policy)
        for name, variable in given.variables.items():
            self._add("variables", name, variable)
        for name in given.secret:
            self._keep_secret(name)
        self._put_endpoint(use, own, filling)
        self.findings += filling.findings

    def _policies_of(self, use: _Use) -> Iterable[str]:
        data: Json = use.tree.data
        policies = data.get("retry_policies") if isinstance(data, dict) else None
        return policies if isinstance(policies, dict) else ()

    def _keep_secret(self, variable: str) -> None:
        """Mark a variable of the file that is given where a recipe expects a secret."""
        variables = self._section("variables")
        own = variables.get(variable)
        if own is not None and isinstance(own.held, dict):
            variables[variable] = Piece(own.place, held={**own.held, "secret": Piece(own.place, scalar=True)})

    def _put_endpoint(self, use: _Use, own: Piece, filling: Filling) -> None:
        endpoints = self._section("endpoints")
        named = own.get("endpoint")
        name = str(named.scalar) if named is not None else next(iter(endpoints), "")
        if name not in endpoints or ("endpoint",) not in use.tree.places:
            return
        if not isinstance(endpoints[name].held, dict):  # which the schema says, better than this could
            return
        said = filling.fill(piece_at(use.tree, ("endpoint",), use.span))
        if said is not None:
            own = piece_at(self._source, ("endpoints", name))
            self._add(
                "endpoints", name, overlay_endpoint(endpoints[name], said, own, self._disagree), replaces=True
            )

    def _disagree(self, key: str, said: Piece) -> None:
        message = f"two recipes say different things of {key} at their endpoint"
        hint = f"say {key} at the endpoint, or give each of them an endpoint of its own"
        span = said.place.key or said.place.value
        self.findings.append(Diagnostic(code="E342", span=span, message=message, hint=hint))

    def _section(self, section: str) -> dict[str, Piece]:
        """Return the entries of a section, which the file may not have; of one that is no map, none, and it stays so."""
        if section not in self._top:
            data = self._source.data
            assert isinstance(data, dict)
            whole = (
                piece_at(self._source, (section,))
                if section in data
                else Piece(self._source.places[()], held={})
            )
            if not isinstance(whole.held, dict):
                return {}
            self._top[section] = whole
        held = self._top[section].held
        assert isinstance(held, dict)
        return held

    def _add(self, section: str, name: str, piece: Piece, *, replaces: bool = False) -> None:
        """Put an entry into a section; what the file itself says under that name stays."""
        entries = self._section(section)
        if replaces or name not in entries:
            entries[name] = piece
            self._nodes += sum(1 for _ in places_of(piece, ()))

    def tree(self) -> SourceTree:
        """Return the file as it is now."""
        assert isinstance(self._source.data, dict)
        data, places = dict(self._source.data), dict(self._source.places)
        for section, piece in self._top.items():
            data[section] = piece.data
            places |= dict(places_of(piece, (section,)))
        if self.is_too_large:
            span = self._source.span(("registrations",))
            message = f"more than {MAX_NODES:,} values once recipes are expanded"
            self.findings.append(Diagnostic(code="E109", span=span, message=message))
        return replace(self._source, data=data, places=places)
