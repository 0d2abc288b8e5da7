"""Warnings: what a file says that works, and that its author would hardly want.

Errors are about what cannot work; a warning is about a name that nothing uses, a class that is never reached, a
token in the file. Each rule is one small function that goes through the ``Spec``, with the tree where it needs
the text. A file with errors has no warnings: they would speak about what is going to change. ``run`` does not
come here.
"""

from collections.abc import Callable, Iterable, Iterator

from runner.config.findings import first_findings
from runner.config.lint import (
    beats,
    classes,
    names,
    secrets,
    texts,
    times,
    undo,
)
from runner.config.loader import Loaded
from runner.config.read.invisible import name_invisible
from runner.config.read.source import SourceTree
from runner.config.read.suppress import suppress
from runner.config.recipes.located import at_their_use
from runner.config.words import bounded_suggestions
from runner.language.file import Spec
from runner.model.diagnostic import Diagnostic

Rule = Callable[[Spec, SourceTree], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *classes.RULES,
    *times.RULES,
    *beats.RULES,
    *undo.RULES,
    *secrets.RULES,
    *texts.RULES,
)


def lint(loaded: Loaded) -> tuple[Diagnostic, ...]:
    """Return the warnings about a file, sorted by position; those that a comment silences are left out."""
    if loaded.spec is None or loaded.tree is None:
        return ()
    with bounded_suggestions():
        every = (finding for rule in RULES for finding in rule(loaded.spec, loaded.tree))
        found = _of_what_is_known(loaded.spec, every)
        warnings = first_findings(at_their_use(suppress(found, loaded.tree)))
        return name_invisible(loaded.hide(warnings), loaded.lines)


def _of_what_is_known(spec: Spec, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Leave out what is said of a value that only the environment gives: something else stands in for it here."""
    unknown = {each.template.span for each in spec.late if not each.has_literal}
    return (each for each in found if unknown.isdisjoint((each.span, *(span for span, _ in each.related))))
