"""The one way from bytes to a plan: every command reads a file through here."""

import errno
import gc
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from runner.config.binding.addresses import unusable_literals
from runner.config.binding.credentials import with_secret_variables
from runner.config.check.references import check
from runner.config.compiler import compile_plan
from runner.config.findings import first_findings, has_more
from runner.config.read.invisible import name_invisible
from runner.config.read.source import MAX_BYTES, SourceTree, read_tree
from runner.config.read.syntax import split_lines
from runner.config.recipes.expand import Expanded, expand
from runner.config.recipes.find import Found, Read, find, recipe_of
from runner.config.recipes.located import at_their_use
from runner.config.recipes.trials import trials
from runner.config.remainder import without_refused
from runner.config.shape.conformance import conforms
from runner.config.typed.spec import read_spec
from runner.config.words import bounded_suggestions
from runner.config.written import Excerpts, WrittenSecrets
from runner.language.file import Spec
from runner.language.value import Json
from runner.model.diagnostic import Diagnostic, Severity
from runner.model.plan import Plan

__all__ = ["MAX_BYTES", "Loaded", "load"]


class Loaded(Struct, frozen=True):
    """A plan, unless the file has errors; and everything that was found, sorted by position."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    lines: Sequence[str] = ()
    """The text of the file, for excerpts."""
    tree: SourceTree | None = None
    spec: Spec | None = None
    """The typed file, for warnings; none where it has errors."""
    secrets: WrittenSecrets | None = None
    """What is to be hidden in all that is said about the file."""

    def hide(self, findings: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Return what else is found in the file, without the secrets that stand in it."""
        return tuple(findings) if self.secrets is None else self.secrets.hide(findings)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Reading makes many objects and no garbage: looking for some takes 40 % of the time of a long file."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _nothing_else(path: str, _: int) -> bytes:
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def load(raw: bytes, file: str, read: Read = _nothing_else) -> Loaded:
    """Read, validate and compile a file.

    Args:
        raw: its bytes.
        file: the name that diagnostics show.
        read: reads the recipes that it names by their path.

    Returns:
        The plan or the findings that refuse it; needs neither environment nor network.
    """
    with _collection_paused(), bounded_suggestions():
        loaded = _load(raw, file, read)
        return replace(loaded, diagnostics=name_invisible(loaded.diagnostics, loaded.lines))


class LoadedRecipe(Struct, frozen=True):
    """A recipe: a plan for each of its tests, and everything that was found."""

    plans: tuple[Plan, ...]
    diagnostics: tuple[Diagnostic, ...]
    lines: Sequence[str] = ()


def load_recipe(raw: bytes, file: str) -> LoadedRecipe:
    """Read a recipe, and compile what each of its tests makes of it."""
    with _collection_paused(), bounded_suggestions():
        found = recipe_of(file, raw, file)
        lines = found.tree.lines if found.tree is not None else ()
        if found.recipe is None:
            return LoadedRecipe((), found.findings, lines)
        loaded = [_trial(tree, found) for tree in trials(found)]
        findings = first_findings(each for one in loaded for each in one.diagnostics)
        return LoadedRecipe(tuple(each.plan for each in loaded if each.plan is not None), findings, lines)


def _trial(tree: SourceTree, found: Found) -> Loaded:
    expanded = expand(tree, lambda _: found)
    refused = _refused(tree, (), expanded)
    return (
        _said_of(tree, refused)
        if refused
        else _compiled(expanded.tree, hashlib.sha256(found.raw).hexdigest())
    )


def _said_of(tree: SourceTree, findings: tuple[Diagnostic, ...]) -> "Loaded":
    """Return the findings that refuse a file, without the secrets that stand in it."""
    secrets = WrittenSecrets(tree.data)
    return Loaded(None, secrets.hide(findings), Excerpts(tree.lines, secrets))


def _load(raw: bytes, file: str, read: Read) -> Loaded:
    tree, found = read_tree(raw, file)
    if tree is None:
        return Loaded(
            None, first_findings(found), tuple(split_lines(raw.decode("utf-8-sig", errors="replace")))
        )
    expanded = expand(tree, partial(find, read=read))
    refused = _refused(tree, found, expanded)
    if unknown_version := [finding for finding in refused if finding.code == "E205"]:
        # Another version has other rules: whatever else this one's schema says would be noise.
        return _said_of(tree, tuple(unknown_version))
    if has_more(refused):
        return _said_of(tree, refused)
    if refused:
        return _said_of(tree, first_findings(chain(refused, _beyond(tree, refused))))
    return _compiled(expanded.tree, hashlib.sha256(raw + expanded.raw).hexdigest())


def _refused(tree: SourceTree, found: tuple[Diagnostic, ...], expanded: Expanded) -> tuple[Diagnostic, ...]:
    """Return what refuses a file before it is read any further: its shape, and that of what its recipes make of it."""
    shape = () if conforms(tree.data) else _explained(tree)
    refused = first_findings(chain(found, _without_followers(found, shape), expanded.findings))
    if refused or conforms(expanded.tree.data):
        return refused
    return first_findings(at_their_use(_explained(expanded.tree)))


def _compiled(tree: SourceTree, sha256: str, values: Mapping[str, Json] | None = None) -> Loaded:
    """Return the plan of a file whose shape is right, or what is wrong with its texts.

    Args:
        tree: the file.
        sha256: of its bytes.
        values: of the variables that stand in place of durations and numbers, once they are known.
    """
    spec, texts = read_spec(tree, values)
    spec = with_secret_variables(spec)
    # What was not understood would be rendered wrong.
    literals = () if _has_errors(texts) else unusable_literals(spec)
    findings = first_findings(at_their_use(chain(texts, check(spec, tree), literals)))
    if _has_errors(findings):
        return _said_of(tree, findings)
    plan = compile_plan(spec, sha256)
    if spec.late and values is None:
        plan = replace(plan, late=spec.late, with_values=partial(_settled, tree, sha256))
    secrets = WrittenSecrets(tree.data)
    return Loaded(plan, secrets.hide(findings), Excerpts(tree.lines, secrets), tree, spec, secrets)


def _settled(
    tree: SourceTree, sha256: str, values: Mapping[str, Json]
) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    with _collection_paused(), bounded_suggestions():
        loaded = _compiled(tree, sha256, values)
        return loaded.plan, loaded.diagnostics


def _explained(tree: SourceTree) -> Iterable[Diagnostic]:
    """Return what the schema says against a file; only one that is wrong pays for the library that says it."""
    from runner.config.shape.schema import check_shape  # noqa: PLC0415 - a third of the time that reading a file takes

    return check_shape(tree)


def _beyond(tree: SourceTree, refused: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the parts of a file that the schema does not refuse."""
    rest = without_refused(tree, refused)
    if rest is None:
        return
    spec, texts = read_spec(rest.tree)
    for finding in (*texts, *check(spec, rest.tree)):
        if finding.severity is Severity.ERROR and rest.concerns_only_the_rest(finding):
            yield finding


def _without_followers(found: tuple[Diagnostic, ...], others: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Leave out what is said about a number that could not be read: nobody wrote the 0 in its place."""
    unread = {finding.span for finding in found if finding.code in {"E112", "E113"}}
    return (finding for finding in others if finding.span not in unread)


def _has_errors(findings: tuple[Diagnostic, ...]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
