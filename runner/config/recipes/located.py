"""Findings within a recipe, told where the file uses it: that is the line that somebody can change."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic


def at_their_use(findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings of which each stands in the file; those within a recipe name its line too."""
    for finding in findings:
        yield at_use(finding, finding.span.used[0]) if finding.span.used else finding


def at_use(finding: Diagnostic, use: Span) -> Diagnostic:
    """Return a finding within a recipe at the place that uses it."""
    within = replace(finding.span, used=())
    if within.file == use.file:
        return replace(finding, span=within)
    related = ((within, "in the recipe"), *finding.related)
    return replace(finding, span=use, message=f"{within}: {finding.message}", related=related)
