"""Regular expressions: the one module that knows the engine, which is imported when the first one is used.

RE2 takes time linear in the text whatever the expression. Python's own engine backtracks, and one that is
stuck would stop the loop and with it every deadline. What both cost besides, the size of the text and of the
compiled expression, is bounded here.
"""

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re2

MAX_CHARS = 8 * 1024
"""Of a text, and of an expression; what stands after it in a text is not looked at."""
MAX_INSTRUCTIONS = 1000
"""Of a compiled expression. Measured: such a one takes up to 30 ms for the longest text."""


class PatternError(ValueError):
    """A text that is no regular expression for this engine; ``part`` is what it stumbled over."""

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.part = part


class NoEngine(PatternError):
    """RE2 is not there: it has no wheel for musl, and who installs us there can do without."""


@functools.lru_cache(maxsize=256)
def compile_pattern(text: str) -> "re2._Regexp":
    """Return the compiled expression.

    Raises:
        PatternError: when it is none, or one that is too large.
        NoEngine: when nothing here can read it.
    """
    if len(text) > MAX_CHARS:
        raise PatternError("pattern too large")
    try:
        import re2  # noqa: PLC0415 - 4 ms that a file without regular expressions need not pay
    except ImportError as error:
        raise NoEngine("it needs the package google-re2, which cannot be loaded here") from error

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(text, options)
    except re2.error as error:
        # What cannot be read is named as bytes: "missing ): (unclosed".
        problem, _, part = error.args[0].decode(errors="replace").partition(": ")
        raise PatternError(problem, part) from error
    except UnicodeEncodeError as error:
        raise PatternError("half a character") from error
    if compiled.programsize > MAX_INSTRUCTIONS:
        raise PatternError("pattern too large")
    return compiled


def _search(text: str, within: str) -> "re2._Match | None":
    readable = within[:MAX_CHARS].encode(errors="replace").decode()
    return compile_pattern(text).search(readable)


def matches(text: str, within: str) -> bool:
    """Whether an expression is found in a text, or in as much of it as is looked at."""
    return _search(text, within) is not None


def find(text: str, within: str) -> str | None:
    """Return what the first group of an expression found in a text; all of what was found where it has none."""
    found = _search(text, within)
    if found is None:
        return None
    value: str | None = found[1 if found.re.groups else 0]
    return value
