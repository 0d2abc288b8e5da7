"""Findings as one JSON document, with a version and a schema of its own: schemas/findings.v1.schema.json."""

import json
from collections.abc import Sequence
from typing import Any

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic, Severity
from runner.report.findings import CheckedFile, Setting, all_findings
from runner.values.printable import printable
from runner.values.secret import blank_literals

FORMAT_VERSION = 1


def render_json(checked: Sequence[CheckedFile], setting: Setting) -> str:
    """Return the findings as JSON; ASCII, so that no stream's encoding can break it."""
    findings = all_findings(checked)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    document = {
        "format": FORMAT_VERSION,
        "enlist": setting.version,
        "files": [one.file for one in checked],
        "errors": errors,
        "warnings": len(findings) - errors,
        "findings": [_finding(finding) for finding in findings],
    }
    return json.dumps(document, indent=2)


def _finding(finding: Diagnostic) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        **_place(finding.span),
        "message": blank_literals(printable(finding.message)),
        "hint": None if finding.hint is None else printable(finding.hint),
        "related": [{**_place(span), "message": printable(words)} for span, words in finding.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
