"""A place in a validated document that can be asked for typed values.

The schema has already refused wrong shapes, so a cursor does not look twice; what it adds is the meaning of
texts (durations, placeholders, paths), and a diagnostic at the right place where a text has none.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Struct, field

from runner.config.read.source import Path, SourceTree
from runner.config.typed.expressions import problem_of_path, problem_of_pattern
from runner.language.file import Variable
from runner.language.late import Late
from runner.language.span import Span
from runner.language.units import UnitError, parse_duration_s
from runner.language.value import Json, Name, Template
from runner.model.diagnostic import Diagnostic
from runner.values.template import TemplateError, parse_template

T = TypeVar("T")

_WRITE_A_TIME = "write a time above 0s, as in 5s"


class LateValues(Struct, frozen=True):
    """The variables that stand in place of values, and the places where they do."""

    variables: Mapping[str, Variable]
    values: Mapping[str, Json] | None = None
    """What the variables stand for, once the file is bound; until then what the file says of them serves."""
    found: list[Late] = field(default_factory=list)


class Cursor:
    """One value of the document and where it stands."""

    def __init__(
        self, tree: SourceTree, path: Path, data: Any, findings: list[Diagnostic], late: LateValues
    ) -> None:
        self.tree = tree
        self.path = path
        self.data = data
        self.findings = findings
        self.late = late

    @property
    def span(self) -> Span:
        """Where the value stands."""
        return self.tree.span(self.path)

    @property
    def key_span(self) -> Span:
        """Where the value's key stands, or the value where it has none."""
        return self.tree.key_span(self.path)

    @property
    def key(self) -> str:
        """The last part of the path, as text."""
        return str(self.path[-1])

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def child(self, key: str | int) -> "Cursor":
        """Go down one step."""
        return Cursor(self.tree, (*self.path, key), self.data[key], self.findings, self.late)

    def get(self, key: str) -> "Cursor | None":
        """Go down to a key that may be missing."""
        return self.child(key) if key in self.data else None

    def map(self, key: str, read: "Callable[[Cursor], T]") -> tuple[tuple[str, T], ...]:
        """Read each value of a map below, which may be missing, in file order."""
        below = self.get(key)
        return () if below is None else tuple((name, read(below.child(name))) for name in below.data)

    def list(self, key: str, read: "Callable[[Cursor], T]") -> tuple[T, ...]:
        """Read each item of a list below, which may be missing; a lone value is a list of one."""
        below = self.get(key)
        if below is None:
            return ()
        return tuple(map(read, below.items())) if isinstance(below.data, list) else (read(below),)

    def items(self) -> "Iterator[Cursor]":
        """Go through a list."""
        return (self.child(index) for index in range(len(self.data)))

    def report(self, code: str, message: str, hint: str | None = None, *, at_key: bool = False) -> None:
        """Say that something is wrong here."""
        span = self.key_span if at_key else self.span
        self.findings.append(Diagnostic(code=code, span=span, message=message, hint=hint))

    def integer(self, key: str) -> int | None:
        """Read a whole number; JSON Schema counts 90.0 as one, and what reads it does not."""
        below = self.get(key)
        return None if below is None else int(below.data)

    def name(self, key: str) -> Name | None:
        """Read a reference to something else in the file."""
        below = self.get(key)
        return None if below is None else below.as_name()

    def as_name(self) -> Name:
        """Read this value as such a reference."""
        return Name(self.data, self.span)

    def duration_s(self, key: str, default_s: float) -> float:
        """Read a duration; one that is written wrong is reported, and the default stands in."""
        below = self.get(key)
        return default_s if below is None else below.as_duration_s(default_s)

    def time_s(self, key: str, default_s: float) -> float:
        """Read a duration that must be some time: one of 0s would end before it began."""
        below = self.get(key)
        return default_s if below is None else below.as_time_s(default_s)

    def as_time_s(self, default_s: float) -> float:
        """Read this value as a duration that must be some time."""
        seconds = self.as_duration_s(default_s)
        if seconds > 0:
            return seconds
        self.report("E207", f"{self.key} is {self.data}, which is no time at all", _WRITE_A_TIME)
        return default_s or 1.0

    def as_duration_s(self, default_s: float) -> float:
        """Read this value as a duration."""
        if "${" in self.data:
            self.report(
                "E404", "a placeholder cannot stand in place of this duration", "write the duration here"
            )
            return default_s
        try:
            return parse_duration_s(self.data)
        except UnitError as error:
            self.report("E210", str(error), error.hint)
            return default_s

    def template(self, *, at_key: bool = False) -> Template:
        """Read this scalar as a text with placeholders; it may be a key that has some."""
        text, span = self.data, self.key_span if at_key else self.span
        if isinstance(text, bool):
            text = "true" if text else "false"
        try:
            return parse_template(str(text), span)
        except TemplateError as error:
            self.report("E401", str(error), error.hint, at_key=at_key)
            return Template((str(text),), span)

    def refuse_placeholder(self, hint: str) -> None:
        """Report a placeholder in a text that is taken as it stands."""
        if "${" in str(self.data):
            self.report("E404", "a placeholder cannot stand here", hint)

    def check_path(self, expression: str, *, at_key: bool = False) -> None:
        """Report a text that is no JMESPath."""
        if (problem := problem_of_path(expression)) is not None:
            self.report("E217", *problem, at_key=at_key)

    def check_pattern(self, expression: str) -> None:
        """Report a text that is no regular expression, or a dangerous one."""
        if (problem := problem_of_pattern(expression)) is not None:
            self.report("E218", *problem)
