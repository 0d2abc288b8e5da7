"""The one way from bytes to a plan: every command reads a file through here."""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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
from runner.config.remainder import without_refused
from runner.config.shape.conformance import conforms
from runner.config.typed.spec import read_spec
from runner.config.words import bounded_suggestions
from runner.config.written import Excerpts, WrittenSecrets
from runner.language.file import Spec
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


def load(raw: bytes, file: str) -> Loaded:
    """Read, validate and compile a file.

    Args:
        raw: its bytes.
        file: the name that diagnostics show.

    Returns:
        The plan or the findings that refuse it; needs neither environment nor network.
    """
    with _collection_paused(), bounded_suggestions():
        loaded = _load(raw, file)
        return replace(loaded, diagnostics=name_invisible(loaded.diagnostics, loaded.lines))


def _said_of(tree: SourceTree, findings: tuple[Diagnostic, ...]) -> "Loaded":
    """Return the findings that refuse a file, without the secrets that stand in it."""
    secrets = WrittenSecrets(tree.data)
    return Loaded(None, secrets.hide(findings), Excerpts(tree.lines, secrets))


def _load(raw: bytes, file: str) -> Loaded:
    tree, found = read_tree(raw, file)
    if tree is None:
        return Loaded(
            None, first_findings(found), tuple(split_lines(raw.decode("utf-8-sig", errors="replace")))
        )
    shape = () if conforms(tree.data) else _explained(tree)
    refused = first_findings(chain(found, _without_followers(found, shape)))
    if unknown_version := [finding for finding in refused if finding.code == "E205"]:
        # Another version has other rules: whatever else this one's schema says would be noise.
        return _said_of(tree, tuple(unknown_version))
    if has_more(refused):
        return _said_of(tree, refused)
    if refused:
        return _said_of(tree, first_findings(chain(refused, _beyond(tree, refused))))
    spec, texts = read_spec(tree)
    spec = with_secret_variables(spec)
    # What was not understood would be rendered wrong.
    literals = () if _has_errors(texts) else unusable_literals(spec)
    findings = first_findings(chain(texts, check(spec, tree), literals))
    if _has_errors(findings):
        return _said_of(tree, findings)
    plan = compile_plan(spec, hashlib.sha256(raw).hexdigest())
    secrets = WrittenSecrets(tree.data)
    return Loaded(plan, secrets.hide(findings), Excerpts(tree.lines, secrets), tree, spec, secrets)


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
