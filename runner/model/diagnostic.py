"""What is said about a file: where, how serious, in which words.

One record serves hook, editor and container, so that a mistake reads the same wherever it is found.
"""

from enum import StrEnum

from msgspec import Struct

from runner.language.span import Span


class Severity(StrEnum):
    """How much a diagnostic weighs: an error refuses the file, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One finding about a file or its environment."""

    code: str
    """Stable identifier: E1xx YAML, E2xx schema, E3xx references, E4xx environment, E5xx not there yet."""
    span: Span
    message: str
    severity: Severity = Severity.ERROR
    hint: str | None = None
    """What to do, in one sentence."""
    absent: tuple[str, str] | None = None
    """What it says is not there: the kind of part, and the name."""
    related: tuple[tuple[Span, str], ...] = ()
    """Other places that belong to the finding, each with a word on what stands there."""
