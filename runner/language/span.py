"""A place in a file."""

from msgspec import Struct


class Span(Struct, frozen=True, order=True):
    """A stretch of a file, in 1-based lines and columns (columns count characters); the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    used: "tuple[Span, ...]" = ()
    """Where the file uses the recipe in which this stands; nothing for what stands in the file itself."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Span("", 0, 0, 0, 0)
"""Where nobody has written a value: that of a default."""
