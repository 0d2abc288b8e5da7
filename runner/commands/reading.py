"""Reading a file for a use case: findings go to the console, a plan comes back."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from runner.adapters.output import KNOWN
from runner.config import loader
from runner.config.binding.bind import bind
from runner.config.binding.late import settle
from runner.config.read.oversize import too_large
from runner.language.recipes import SUFFIX
from runner.language.span import Span
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan
from runner.ports import Console, Files, FileTooLarge
from runner.report.diagnostics import count_in_words, render_diagnostic
from runner.values.secret import BOUND


def load(path: str, files: Files) -> loader.Loaded:
    """Read and compile a file; one that cannot be read is a finding like others."""
    if path.endswith(SUFFIX):
        return loader.Loaded(None, (_recipe(path),))
    raw = _read(path, files)
    if isinstance(raw, Diagnostic):
        return loader.Loaded(None, (raw,))
    return loader.load(raw, "<stdin>" if path == "-" else path, files.read)


def load_recipe(path: str, files: Files) -> loader.LoadedRecipe:
    """Read a recipe, and what its tests make of it."""
    raw = _read(path, files)
    return loader.LoadedRecipe((), (raw,)) if isinstance(raw, Diagnostic) else loader.load_recipe(raw, path)


def _read(path: str, files: Files) -> bytes | Diagnostic:
    try:
        return files.read(path, loader.MAX_BYTES)
    except FileTooLarge:
        return too_large(path)
    except OSError as error:
        cause = (error.strerror or str(error) or "unknown cause").lower()
        return Diagnostic(code="E100", span=_all_of(path), message=f"cannot be read: {cause}")


def _recipe(path: str) -> Diagnostic:
    """Say what is done with a recipe, where a file is expected."""
    hint = f"name it in a file, use: ./{path.rpartition('/')[2]}; validate and test take it as it is"
    return Diagnostic(code="E100", span=_all_of(path), message="it is a recipe, which a file uses", hint=hint)


def _all_of(path: str) -> Span:
    return Span(path, 1, 1, 1, 1)


def load_or_tell(
    path: str, files: Files, console: Console, environment: Mapping[str, str] | None = None
) -> Plan | None:
    """Return the plan of a file, or say on standard error why there is none.

    Args:
        path: the file.
        files: reads it.
        console: where findings go.
        environment: given, variables of it stand in place of durations and numbers.
    """
    loaded = load(path, files)
    if loaded.secrets is not None:
        KNOWN.written = partial(getattr, loaded.secrets, "texts")
    tell(path, loaded.diagnostics, loaded.lines, console, stops=loaded.plan is None)
    if loaded.plan is None or environment is None:
        return loaded.plan
    plan, findings = settle(loaded.plan, environment, files)
    tell(path, findings, loaded.lines, console, stops=plan is None)
    return plan


def tell(
    path: str, findings: Sequence[Diagnostic], lines: Sequence[str], console: Console, *, stops: bool
) -> None:
    """Say on standard error what was found in a file, and whether it stops there."""
    for finding in findings:
        console.err(render_diagnostic(finding, lines))
    if stops and findings:
        console.err(f"{path}: {count_in_words(findings)}; nothing was sent")


def bind_or_tell(
    plan: Plan,
    environment: Mapping[str, str],
    files: Files,
    console: Console,
    verbs: Collection[VerbName],
    *,
    with_lifecycle: bool = False,
) -> BoundPlan | None:
    """Return the bound plan, or say on standard error all that is missing."""
    bound, findings = bind(plan, environment, files, verbs=verbs, with_lifecycle=with_lifecycle)
    for finding in (*plan.not_yet, *findings):
        console.err(render_diagnostic(finding, ()))
    if bound is None or plan.not_yet:
        console.err(f"{plan.file}: {count_in_words((*plan.not_yet, *findings))}; nothing was sent")
        return None
    KNOWN.redactor.hold(BOUND, bound.secrets)
    KNOWN.learn_written()
    return bound
