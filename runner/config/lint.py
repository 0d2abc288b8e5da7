"""Warnings: what a file says that works, and that its author would hardly want.

Errors are about what cannot work; a warning is about a name that nothing uses, a class that is never reached, a
token in the file. Each rule is one small function that goes through the ``Spec``, with the tree where it needs
the text. A file with errors has no warnings: they would speak about what is going to change. ``run`` does not
come here.
"""

from collections.abc import Callable, Iterator

from runner.config import (
    lint_beats,
    lint_classes,
    lint_names,
    lint_secrets,
    lint_texts,
    lint_times,
    lint_undo,
)
from runner.config.findings import first_findings
from runner.config.invisible import name_invisible
from runner.config.loader import Loaded
from runner.config.source import SourceTree
from runner.config.suppress import suppress
from runner.config.words import bounded_suggestions
from runner.language.file import Spec
from runner.model.diagnostic import Diagnostic

Rule = Callable[[Spec, SourceTree], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    *lint_names.RULES,
    *lint_classes.RULES,
    *lint_times.RULES,
    *lint_beats.RULES,
    *lint_undo.RULES,
    *lint_secrets.RULES,
    *lint_texts.RULES,
)


def lint(loaded: Loaded) -> tuple[Diagnostic, ...]:
    """Return the warnings about a file, sorted by position; those that a comment silences are left out."""
    if loaded.spec is None or loaded.tree is None:
        return ()
    with bounded_suggestions():
        found = (finding for rule in RULES for finding in rule(loaded.spec, loaded.tree))
        warnings = first_findings(suppress(found, loaded.tree))
        return name_invisible(loaded.hide(warnings), loaded.lines)
