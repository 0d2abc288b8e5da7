"""Reading a file for a use case: findings go to the console, a plan comes back."""

from collections.abc import Collection, Mapping

from runner.config import loader
from runner.config.binding.bind import bind
from runner.config.read.oversize import too_large
from runner.language.span import Span
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan
from runner.ports import Console, Files, FileTooLarge
from runner.report.diagnostics import count_in_words, render_diagnostic


def load(path: str, files: Files) -> loader.Loaded:
    """Read and compile a file; one that cannot be read is a finding like others."""
    try:
        raw = files.read(path, loader.MAX_BYTES)
    except FileTooLarge:
        return loader.Loaded(None, (too_large(path),))
    except OSError as error:
        return _unreadable(path, (error.strerror or str(error) or "unknown cause").lower())
    return loader.load(raw, "<stdin>" if path == "-" else path)


def _unreadable(path: str, cause: str) -> loader.Loaded:
    span = Span(path, 1, 1, 1, 1)
    return loader.Loaded(None, (Diagnostic(code="E100", span=span, message=f"cannot be read: {cause}"),))


def load_or_tell(path: str, files: Files, console: Console) -> Plan | None:
    """Return the plan of a file, or say on standard error why there is none."""
    loaded = load(path, files)
    for finding in loaded.diagnostics:
        console.err(render_diagnostic(finding, loaded.lines))
    if loaded.plan is None:
        console.err(f"{path}: {count_in_words(loaded.diagnostics)}; nothing was sent")
    return loaded.plan


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
    return bound
