"""Characters that nobody sees and that make a word another one: named by code point where a finding is about them.

They come from word processors and web pages, and somebody who reads ``unknown key "url"`` cannot see what is wrong.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from runner.model.diagnostic import Diagnostic

_NAMES = {
    0xA0: "a no-break space",
    0xAD: "a soft hyphen",
    0x200B: "a zero-width space",
    0x200C: "a zero-width non-joiner",
    0x200D: "a zero-width joiner",
    0x2028: "a line separator",
    0x2029: "a paragraph separator",
    0x202F: "a narrow no-break space",
    0x2060: "a word joiner",
    0x3000: "an ideographic space",
    0xFEFF: "a byte order mark",
}
_INVISIBLE = re.compile(
    "[\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0]"
)


def name_invisible(findings: Sequence[Diagnostic], lines: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Return findings of which each names the first invisible character in what it is about."""
    return tuple(_named(finding, lines) for finding in findings)


def _named(finding: Diagnostic, lines: Sequence[str]) -> Diagnostic:
    span = finding.span
    if not 0 < span.line <= len(lines):
        return finding
    line = lines[span.line - 1]
    # A text that is no YAML is wrong somewhere on its line.
    whole = finding.code.startswith("E1") or span.end_line != span.line
    first, last = (0, len(line)) if whole else (span.column - 1, span.end_column - 1)
    found = _INVISIBLE.search(line, first, last)
    if found is None:
        return finding
    code = ord(found[0])
    called = _NAMES.get(code, "not printed")
    said = f"remove the invisible U+{code:04X} ({called}) in column {found.start() + 1}"
    return replace(finding, hint=f"{said}; {finding.hint}" if finding.hint else said)
