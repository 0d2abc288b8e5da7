"""Diagnostics as text: where, what, the line with a caret below it, and what to do."""

from collections.abc import Sequence
from functools import lru_cache

from runner.model.diagnostic import Diagnostic, Severity
from runner.values.printable import printable
from runner.values.secret import blank_literals

_MAX_WIDTH = 100
_WITHOUT_EXCERPT = {"E107", "E120", "W515"}
"""A hundred brackets say nothing, and a secret is not said again."""
_blanked = lru_cache(maxsize=1)(blank_literals)
"""A hundred findings can be about one line, and that can be all of the file."""


def render_diagnostic(finding: Diagnostic, lines: Sequence[str]) -> str:
    """Return a finding in at most five lines.

    Args:
        finding: what to say.
        lines: the text of the file, for the excerpt.
    """
    message = blank_literals(printable(finding.message))
    text = [f"{finding.span}: {finding.severity}[{finding.code}]: {message}"]
    if finding.span.line <= len(lines) and finding.code not in _WITHOUT_EXCERPT:
        text += _excerpt(finding, _blanked(lines[finding.span.line - 1]))
    if finding.hint:
        text.append(f"  help: {printable(finding.hint)}")
    return "\n".join(text)


def _excerpt(finding: Diagnostic, line: str) -> list[str]:
    span = finding.span
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    # A long line is shown around the place that matters.
    cut = max(0, start - _MAX_WIDTH // 2) if len(line) > _MAX_WIDTH else 0
    shown = printable(line[cut : cut + _MAX_WIDTH].replace("\t", " "))
    if not shown.strip():
        return []
    carets = "^" * max(1, min(end, cut + _MAX_WIDTH) - start)
    number = f"{span.line:>5}"
    return [f"{number} | {shown}", f"{' ' * len(number)} | {' ' * (start - cut)}{carets}"]


def count_in_words(findings: Sequence[Diagnostic]) -> str:
    """Return how many errors and warnings there are: "2 errors, 1 warning"."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    counts = ((errors, "error"), (len(findings) - errors, "warning"))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)
