"""Findings as SARIF 2.1.0, which code hosts and editors import.

Only the rules that have results are described, and in the words of the catalog of codes. Columns count code
points, as everywhere in enlist; paths are relative to the checkout, or file URIs where they lie outside of it.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic, Severity
from runner.report.codes import Entry, as_markdown, as_text, load_catalog
from runner.report.findings import STDIN, CheckedFile, Setting, all_findings, path_below
from runner.values.printable import printable
from runner.values.secret import blank_literals

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(checked: Sequence[CheckedFile], setting: Setting) -> str:
    """Return a log with one run; ASCII, so that no stream's encoding can break it."""
    findings = all_findings(checked)
    codes = sorted({finding.code for finding in findings})
    catalog = load_catalog()
    driver = {
        "name": "enlist",
        "version": setting.version,
        "rules": [_rule(code, catalog.get(code)) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes, setting) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str, entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": as_text(entry), "markdown": as_markdown(entry)},
        "defaultConfiguration": {"level": _level(entry.severity)},
    }


def _result(finding: Diagnostic, codes: Sequence[str], setting: Setting) -> dict[str, Any]:
    # SARIF would have braces doubled. Viewers show them as they stand, and a doubled ${NAME} is another language's.
    hint = f"\n{printable(finding.hint)}" if finding.hint else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _level(finding.severity),
        "message": {"text": blank_literals(printable(finding.message)) + hint},
        "locations": [_location(finding.span, setting)],
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(span, setting), "message": {"text": printable(words)}}
            for number, (span, words) in enumerate(finding.related, start=1)
        ]
    return result


def _level(severity: Severity) -> str:
    return severity.value


def _location(span: Span, setting: Setting) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file, setting)}, "region": region}}


def _uri(file: str, setting: Setting) -> str:
    if file == STDIN:
        return quote(file)
    path, is_below = path_below(file, setting)
    encoded = quote(path, errors="surrogateescape")
    return encoded if is_below else f"file://{encoded}"
