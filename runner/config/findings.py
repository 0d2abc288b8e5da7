"""How many findings are made about one file: the first hundred, the others are counted.

Nobody reads more, and each costs an excerpt and a search for what was meant. A file of 1 MiB can have tens of
thousands, and a hook has to end.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic, Severity

MAX_FINDINGS = 100
MAX_CHARS = 1000
"""Of a message or a hint; a text of the file that is longer is quoted in part."""
MORE = "E120"


def first_findings(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings by position, each once, and how many more there are as the last of them.

    An aliased part of a file is read at every place that uses it, and what is wrong with it is said once.
    """
    kept: dict[Diagnostic, None] = {}
    more = 0
    severity = Severity.WARNING
    for finding in found:
        if finding in kept:
            continue
        if len(kept) < MAX_FINDINGS:
            kept[finding] = None
            continue
        more += 1
        severity = min(severity, finding.severity)
    by_position = sorted(map(_cut, kept), key=lambda finding: (finding.span, finding.code))
    if more:
        by_position.append(_more(more, by_position[-1].span, severity))
    return tuple(by_position)


def has_more(findings: Iterable[Diagnostic]) -> bool:
    """Whether some are only counted."""
    return any(finding.code == MORE for finding in findings)


def _more(count: int, last: Span, severity: Severity) -> Diagnostic:
    message = f"and {count:,} more, which are not shown"
    return Diagnostic(code=MORE, span=last, message=message, hint="mend these first", severity=severity)


def _cut(finding: Diagnostic) -> Diagnostic:
    if len(finding.message) <= MAX_CHARS and len(finding.hint or "") <= MAX_CHARS:
        return finding
    hint = None if finding.hint is None else _shortened(finding.hint)
    return replace(finding, message=_shortened(finding.message), hint=hint)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 3] + "..."
