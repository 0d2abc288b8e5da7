"""YAML that cannot be parsed, in the words of somebody who looks at the text.

A parser says what it expected where it stopped, which is often many lines below the mistake; libyaml and the
pure parser word it differently, too. So each message here comes from the place where the parser was and from
the line that stands there, and it points to what has to be changed: the quote or bracket that is still open,
the line that is indented too far.
"""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic

_CLOSING = {"{": "}", "[": "]"}
_KEY_WITHOUT_SPACE = re.compile(r"""\s*(?:- )?([A-Za-z_][\w-]*):(["'\w$/].*)""")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2 calls not printable."""
_DOUBLE_BRACES = re.compile(r"\{\{\s*(?:[A-Za-z]+\.)*([a-z][a-z0-9_-]*)[^{}]*\}\}")
_SECOND_COLON = re.compile(r"""\s*[A-Za-z_][\w-]*:\s+([^\s,{}\[\]"':][^\s,{}\[\]"':]*:\s[^,{}\[\]]*)""")
"""Within braces: a key and its value, which has a colon as if it were a key, too."""
_NEEDS_QUOTES = "@`%"
"""Characters with which no unquoted text can begin."""


class Stopped(Struct, frozen=True):
    """Where a parser stopped, and why."""

    file: str
    lines: Sequence[str]
    problem: str
    context: str
    line: int
    column: int
    context_line: int
    context_column: int

    @property
    def text(self) -> str:
        """The line on which it stopped."""
        return self.at(self.line)

    def at(self, line: int) -> str:
        """A line of the file; empty after its end."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def say(
        self, message: str, hint: str | None, line: int, column: int, end: int | None = None
    ) -> Diagnostic:
        """Return a finding about a stretch of one line."""
        span = Span(self.file, line, column, line, end or column + 1)
        return Diagnostic(code="E104", span=span, message=message, hint=hint)

    def here(self, message: str, hint: str | None = None) -> Diagnostic:
        """Return a finding about the place where the parser stopped."""
        return self.say(message, hint, self.line, self.column)


def split_lines(text: str) -> list[str]:
    """Split a text where YAML 1.1, and so libyaml, ends a line."""
    return re.split("\r\n|[\r\n\x85\u2028\u2029]", text)


def find_forbidden(text: str, file: str) -> Diagnostic | None:
    """Return a finding about the first character that YAML does not allow."""
    forbidden = _FORBIDDEN.search(text)
    if forbidden is None:
        return None
    before = text[: forbidden.start()]
    line, column = before.count("\n") + 1, forbidden.start() - before.rfind("\n")
    span = Span(file, line, column, line, column + 1)
    message = f"the character U+{ord(forbidden[0]):04X} is not allowed in YAML"
    return Diagnostic(
        code="E103", span=span, message=message, hint='remove it, or write it as an escape in "..."'
    )


def explain_syntax(error: Any, file: str, lines: Sequence[str], long_quote: Span | None) -> Diagnostic:
    """Say what is wrong with a text that is no YAML.

    Args:
        error: PyYAML's error, with its marks.
        file: the name that diagnostics show.
        lines: the text.
        long_quote: the last quoted text that went over several lines; its quote may have been meant to close.
    """
    mark, context = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    stopped = Stopped(
        file, lines, str(error.problem or error), str(error.context or ""),
        *((mark.line + 1, mark.column + 1) if mark else (1, 1)),
        *((context.line + 1, context.column + 1) if context else (1, 1)),
    )  # fmt: skip
    for explain in (_tab, _quote, _bracket, _colon, _no_colon, _character, _block):
        finding = explain(stopped, long_quote)
        if finding is not None:
            return finding
    return stopped.here(f"not YAML: {stopped.problem}")


def explain_key(span: Span, line: str, *, is_list: bool) -> Diagnostic:
    """Say why a list or a map cannot be a key; two braces are most often another tool's placeholder."""
    if braces := _DOUBLE_BRACES.match(line, max(0, span.column - 2)):
        span = Span(span.file, span.line, span.column - 1, span.line, braces.end() + 1)
        message, hint = f'"{braces[0]}" is not a placeholder', f'write "${{var.{braces[1]}}}"'
        return Diagnostic(code="E401", span=span, message=message, hint=hint)
    message = f"a {'list' if is_list else 'map'} cannot be a key"
    return Diagnostic(code="E114", span=span, message=message, hint='keys are texts: write "..." around it')


def _tab(at: Stopped, _: Span | None) -> Diagnostic | None:
    indent = at.text[: len(at.text) - len(at.text.lstrip())]
    if "\t" not in indent:
        return None
    column = indent.index("\t") + 1
    return at.say("a tab cannot indent", "indent with spaces", at.line, column)


def _quote(at: Stopped, long_quote: Span | None) -> Diagnostic | None:
    hint = "close it on its own line"
    if "quoted scalar" in at.context and "end of stream" in at.problem:
        end = len(at.at(at.context_line)) + 1
        return at.say("this quote is not closed", hint, at.context_line, at.context_column, end)
    if "escape character" in at.problem:
        # The two parsers stop at the backslash, or behind it.
        column = at.text.rfind("\\", 0, at.column) + 1 or at.column
        message = 'a \\ in "..." begins an escape, and this is none'
        return at.say(message, "write \\\\ or use '...'", at.line, column, column + 2)
    if long_quote is not None and long_quote.end_line == at.line and at.context_line <= long_quote.line:
        message = f"this quote is closed only on line {at.line}"
        end = len(at.at(long_quote.line)) + 1
        return at.say(message, hint, long_quote.line, long_quote.column, end)
    return None


def _bracket(at: Stopped, _: Span | None) -> Diagnostic | None:
    if "flow" not in at.context:
        return None
    if re.search(r"(?<![\"'])\$\{[^}\"']*$", at.text[: at.column]):
        hint = 'a value with ${...} inside { } or [ ] must be quoted: "${NAME}"'
        return at.here("an unquoted ${ begins a map here", hint)
    opened = at.at(at.context_line)[at.context_column - 1 : at.context_column]
    if opened not in _CLOSING:
        return None
    if second := _SECOND_COLON.match(at.text, _begin_of_entry(at.text, at.column - 1)):
        return at.here(
            'a second ": " in one entry', f'a text with ": " in it must be quoted: "{second[1].strip()}"'
        )
    if at.line > at.context_line:
        # What follows belongs to the lines below, so it was this bracket that should have ended before.
        message = f"the {opened} on line {at.context_line} is not closed"
        return at.say(message, f"write {_CLOSING[opened]} where it ends", at.context_line, at.context_column)
    return at.here(
        f"a comma or {_CLOSING[opened]} is missing before this",
        "separate entries with commas, and quote texts that have commas, quotes or brackets in them",
    )


def _begin_of_entry(line: str, end: int) -> int:
    return max(line.rfind(char, 0, end) for char in ",{[") + 1


def _colon(at: Stopped, _: Span | None) -> Diagnostic | None:
    if "mapping values are not allowed" not in at.problem:
        return None
    key, separator, value = at.text[: at.column - 1].partition(": ")
    if separator and not value.startswith(('"', "'")):
        whole = at.text.partition(": ")[2].split(" #")[0].strip()
        return at.here('a second ": " in one line', f'a text with ": " in it must be quoted: "{whole}"')
    if separator:
        return at.here("a second : in one line", "put the second key on a line of its own")
    above = at.at(at.line - 1)
    if joined := _KEY_WITHOUT_SPACE.fullmatch(above):
        return _space(at, at.line - 1, joined)
    if not re.search(r":(\s|$)", above):
        hint = "write key: value, or begin it with # for a comment"
        indent = len(above) - len(above.lstrip())
        return at.say("this line has no colon", hint, at.line - 1, indent + 1, len(above.rstrip()) + 1)
    message = "this line is indented like a part of the line above, which has its value already"
    column = len(key) - len(key.lstrip()) + 1
    return at.say(message, "indent it like the line above", at.line, column, at.column)


def _no_colon(at: Stopped, _: Span | None) -> Diagnostic | None:
    if "could not find expected ':'" not in at.problem:
        return None
    line = at.at(at.context_line)
    if joined := _KEY_WITHOUT_SPACE.fullmatch(line):
        return _space(at, at.context_line, joined)
    end = len(line.rstrip()) + 1
    message, hint = "this line is neither a key with a value nor part of one", "write key: value"
    return at.say(message, hint, at.context_line, at.context_column, end)


def _space(at: Stopped, line: int, joined: re.Match[str]) -> Diagnostic:
    return at.say(
        "there is no space after the colon",
        f"write a space after the colon: {joined[1]}: {joined[2].strip()}",
        line,
        joined.start(1) + 1,
        joined.end(2) + 1,
    )


def _character(at: Stopped, _: Span | None) -> Diagnostic | None:
    character = at.text[at.column - 1 : at.column]
    if "cannot start any token" in at.problem and character in _NEEDS_QUOTES:
        return at.here(f"an unquoted text cannot begin with {character}", "quote the text")
    if at.context in {"while scanning an alias", "while scanning an anchor"}:
        start = at.context_column
        hint = "quote it, if it is a text; after * and & YAML expects the name of an anchor"
        return at.say("this is read as an alias or an anchor", hint, at.context_line, start)
    return None


def _block(at: Stopped, _: Span | None) -> Diagnostic | None:
    if "block" not in at.context or "scalar" in at.context:
        return None
    stripped, indent = at.text.lstrip(), len(at.text) - len(at.text.lstrip())
    if at.column != indent + 1:
        if stripped[at.column - indent - 1 :][:1] in {"}", "]"}:
            return at.here(f"this {at.text[at.column - 1]} closes nothing", "remove it, or open it before")
        if "}}" in at.text[: at.column - 1]:
            hint = "a value that begins with {, such as {{ name }}, must be quoted; here write ${var.name}"
            return at.here("this stands after the end of a map", hint)
        return at.here(
            "this stands after the end of a value", "quote the whole value, or remove what follows"
        )
    if stripped.startswith(":"):
        return at.here("there is no key before this colon", "write the key, or quote the text")
    above = next((line for line in reversed(at.lines[: at.line - 1]) if _has_content(line)), "")
    above_indent = len(above) - len(above.lstrip())
    if above_indent != indent:
        message = f"this line is indented by {indent}, and the one above it by {above_indent}"
        hint = "indent it like the keys that it belongs to"
        return at.say(message, hint, at.line, 1 if indent else at.column, at.column)
    if stripped.startswith("-"):
        hint = (
            "write a space after the -"
            if not stripped.startswith("- ")
            else "make all of them keys, or all of them - entries"
        )
        return at.here("an entry of a list stands among the keys of a map", hint)
    return at.here("a key stands among the entries of a list", "begin it with - or indent it further")


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
