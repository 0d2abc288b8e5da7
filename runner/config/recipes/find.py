"""Finding recipes: ours by name, others by the path of their file; each is read once for a file."""

import posixpath
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources

from msgspec import Struct

from runner.config.findings import first_findings
from runner.config.parts_of import unknown
from runner.config.read.oversize import too_large
from runner.config.read.source import MAX_BYTES, SourceTree, read_tree
from runner.config.shape.conformance import RECIPE_SCHEMA, conforms, load_schema
from runner.config.typed.recipe import read_recipe
from runner.language.recipes import SUFFIX, Recipe
from runner.language.value import Name
from runner.model.diagnostic import Diagnostic, Severity
from runner.ports import FileTooLarge

Read = Callable[[str, int], bytes]
"""Reads a file as ``ports.Files`` does."""


class Found(Struct, frozen=True):
    """A recipe, unless its file has errors, and what is wrong with it."""

    name: str
    """What is said in ``use``."""
    raw: bytes = b""
    tree: SourceTree | None = None
    recipe: Recipe | None = None
    findings: tuple[Diagnostic, ...] = ()


@cache
def our_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with enlist."""
    planes = (each for each in resources.files("runner.recipes").iterdir() if each.is_dir())
    return tuple(
        sorted(
            f"{plane.name}/{file.name.removesuffix(SUFFIX)}"
            for plane in planes
            for file in plane.iterdir()
            if file.name.endswith(SUFFIX)
        )
    )


def our_recipe(name: str) -> Found:
    """Return a recipe that comes with enlist; it must be one of their names."""
    plane, _, file = name.partition("/")
    path = resources.files("runner.recipes").joinpath(plane, file + SUFFIX)
    return recipe_of(name, path.read_bytes(), name + SUFFIX)


def our_recipes() -> Iterator[Found]:
    """Go through all recipes that come with enlist."""
    return map(our_recipe, our_names())


def recipe_of(name: str, raw: bytes, file: str) -> Found:
    """Return what stands in the file of a recipe.

    Args:
        name: what is said in ``use``.
        raw: the file's bytes.
        file: the name that findings show.
    """
    tree, findings = read_tree(raw, file)
    if tree is None or findings:
        return Found(name, raw, tree, None, first_findings(findings))
    schema = load_schema(RECIPE_SCHEMA)
    if not conforms(tree.data, schema):
        from runner.config.shape.schema import check_shape  # noqa: PLC0415 - only what is wrong pays for it

        return Found(name, raw, tree, None, first_findings(check_shape(tree, schema)))
    recipe, findings = read_recipe(tree)
    wrong = any(each.severity is Severity.ERROR for each in findings)
    return Found(name, raw, tree, None if wrong else recipe, findings)


def find(use: Name, read: Read) -> Found | Diagnostic:
    """Return the recipe that a file names, or what is wrong with the name."""
    if not use.text.endswith(SUFFIX):
        return our_recipe(use.text) if use.text in our_names() else unknown("recipe", use, our_names())
    path = posixpath.join(posixpath.dirname(use.span.file), use.text.removeprefix("./"))
    try:
        raw = read(path, MAX_BYTES)
    except FileTooLarge:
        return _unreadable(use, too_large(path).message)
    except OSError as error:
        return _unreadable(use, (error.strerror or str(error) or "unknown cause").lower())
    return recipe_of(use.text, raw, path)


def _unreadable(use: Name, cause: str) -> Diagnostic:
    hint = "the path is relative to the file; ours have no ending: consul/service"
    return Diagnostic(code="E340", span=use.span, message=f"the recipe cannot be read: {cause}", hint=hint)
