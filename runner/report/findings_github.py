"""Findings as workflow commands, which GitHub shows at the lines of a pull request.

It shows ten errors and ten warnings of a step and drops the rest without a word; so the worst come first, and a
notice at the end says how many are to be found in the log only.
"""

from collections.abc import Sequence

from runner.model.diagnostic import Diagnostic, Severity
from runner.report.diagnostics import count_in_words
from runner.report.findings import STDIN, CheckedFile, Setting, all_findings, path_below, worst_first
from runner.values.printable import printable
from runner.values.secret import blank_literals

SHOWN = 10
"""How many annotations of a severity GitHub shows for one step."""


def render_github(checked: Sequence[CheckedFile], setting: Setting) -> str:
    """Return one command a line; nothing for clean files."""
    findings = worst_first(all_findings(checked))
    return "\n".join([*(_annotation(finding, setting) for finding in findings), *_rest(findings)])


def _annotation(finding: Diagnostic, setting: Setting) -> str:
    span = finding.span
    place: list[tuple[str, object]] = [("line", span.line), ("endLine", span.end_line)]
    if span.line == span.end_line:  # GitHub takes columns within one line only
        place = [
            ("line", span.line),
            ("col", span.column),
            ("endLine", span.end_line),
            ("endColumn", span.end_column),
        ]
    path, _ = path_below(span.file, setting)
    properties = [] if span.file == STDIN else [("file", path), *place]
    properties.append(("title", f"enlist {finding.code}"))
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    # The log shows the message alone, so the message has the place, too.
    message = f"{span}: {blank_literals(printable(finding.message))}"
    if finding.hint:
        message += f"\nhelp: {printable(finding.hint)}"
    return f"::{finding.severity} {written}::{_data(message)}"


def _rest(findings: Sequence[Diagnostic]) -> list[str]:
    """Say how many findings GitHub will not show."""
    hidden = [
        finding
        for severity in Severity
        for finding in [each for each in findings if each.severity is severity][SHOWN:]
    ]
    if not hidden:
        return []
    message = f"{count_in_words(hidden)} more: GitHub shows {SHOWN} of each for a step, the log has all"
    return [f"::notice title=enlist::{_data(message)}"]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
