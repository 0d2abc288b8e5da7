"""What a check found, as the machine-readable formats take it: files, findings, and where paths begin.

Every format says the same words as the text does; only the container differs.
"""

import os.path
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from runner.model.diagnostic import Diagnostic, Severity
from runner.report.diagnostics import render_diagnostic

_SHOWN_ALIKE = 10
"""Of findings that say the same, so many are shown."""
STDIN = "<stdin>"


class CheckedFile(Struct, frozen=True):
    """A file and what was found in it, by position."""

    file: str
    findings: tuple[Diagnostic, ...]
    lines: Sequence[str] = ()
    """Its text, for excerpts."""


class Setting(Struct, frozen=True):
    """Where a check took place."""

    version: str
    """The version of enlist."""
    folder: str
    """The working folder, from which relative paths are meant."""
    root: str
    """The folder to which a code host relates paths: the checkout, or the working folder."""


def render_text(checked: Sequence[CheckedFile]) -> str:
    """Return the findings for people; nothing at all for clean files."""
    return "\n".join(text for one in checked for text in _texts(one))


def _texts(checked: CheckedFile) -> Iterator[str]:
    """Yield the findings of a file, and of very many that say the same only the first and how many there are."""
    alike: dict[tuple[str, str], list[Diagnostic]] = {}
    for finding in checked.findings:
        # Warnings of one code are answered in one way; errors are mended one by one.
        message = "" if finding.severity is Severity.WARNING else finding.message
        group = alike.setdefault((finding.code, message), [])
        group.append(finding)
        if len(group) <= _SHOWN_ALIKE:
            yield render_diagnostic(finding, checked.lines)
    yield from (_more(group[_SHOWN_ALIKE:]) for group in alike.values() if len(group) > _SHOWN_ALIKE)


def _more(findings: Sequence[Diagnostic]) -> str:
    first = findings[0]
    lines = ", ".join(str(each.span.line) for each in findings[:_SHOWN_ALIKE])
    rest = ", ..." if len(findings) > _SHOWN_ALIKE else ""
    head = f"{first.span}: {first.severity}[{first.code}]"
    return f"{head}: {len(findings)} more of these, on the lines {lines}{rest}; --format json has them all"


def all_findings(checked: Iterable[CheckedFile]) -> list[Diagnostic]:
    """Return the findings of all files, in their order."""
    return [finding for one in checked for finding in one.findings]


def worst_first(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return errors before warnings, and otherwise the order they came in."""
    return sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def path_below(file: str, setting: Setting) -> tuple[str, bool]:
    """Return a file's path from the root, with slashes, and whether it lies below the root.

    A path that does not lie below the root comes back absolute.
    """
    absolute = os.path.normpath(Path(setting.folder) / file)
    root = os.path.normpath(setting.root)
    if os.path.commonpath([absolute, root]) != root:
        return absolute.replace(os.sep, "/"), False
    return os.path.relpath(absolute, root).replace(os.sep, "/"), True
