"""JMESPath: with ``bounded_path`` the one that knows the library, which is imported when the first path is used.

Also reads answers, because what a path can be asked about is decided here: hostile JSON (NaN, numbers of
5,000 digits, nesting without end) is not a document.
"""

import functools
import json
import math
import re
from typing import TYPE_CHECKING, NoReturn

from runner.language.value import Json
from runner.values.budget import Budget, TooCostly
from runner.values.template import RenderError

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult


_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
MAX_DEPTH = 100
"""Of an answer; what walks through documents recurses."""
MAX_VALUES = 120_000
"""Of an answer; counted by its commas, and by its lists and maps twice, which take longest. Measured: up to 25 ms."""
MAX_CHARS = 8 * 1024
"""Of a path; parsing takes a hundred times the memory of the text."""
_MAX_SHOWN = 60
_CONTAINERS = (list, dict)


class PathError(ValueError):
    """A text that is no JMESPath."""


class PathCost(RenderError):
    """A path that would take too long on the document at hand."""


class NoDocument(ValueError):
    """A body that is no usable JSON; the text says why."""


@functools.lru_cache(maxsize=256)  # with values of the run in them there can be ever new ones
def compile_path(expression: str) -> "ParsedResult":
    """Return the compiled expression.

    Raises:
        PathError: when it is no JMESPath.
    """
    if len(expression) > MAX_CHARS:
        raise PathError(f"a path of more than {MAX_CHARS} characters is not a JMESPath for us")
    import jmespath  # noqa: PLC0415 - 19 ms that a file without paths need not pay

    try:
        return jmespath.compile(expression)
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        cause = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        raise PathError(f'"{expression}" is not a JMESPath: {cause}') from error


def search(expression: str, document: Json, budget: Budget) -> tuple[bool, Json]:
    """Return whether the path could be asked of the document, and what it gave.

    A type error (``length`` of a number, say) means that it could not. What it takes is drawn from the budget.

    Raises:
        PathError: when the expression is no JMESPath.
        PathCost: when asking it, and what was asked before on this budget, takes too long.
    """
    import jmespath  # noqa: PLC0415 - see compile_path

    from runner.values.bounded_path import BoundedInterpreter  # noqa: PLC0415 - it imports the library

    compiled = compile_path(expression)
    try:
        return True, BoundedInterpreter(budget).ask(compiled.parsed, document)
    except TooCostly:
        shown = expression if len(expression) <= _MAX_SHOWN else f"{expression[:_MAX_SHOWN]}..."
        raise PathCost(f'the path "{shown}" takes too many steps on this answer') from None
    except (jmespath.exceptions.JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError):
        # The library lets plain errors of Python out where a function meets a value of another type.
        return False, None


def read_document(body: bytes, what: str = "the body") -> Json:
    """Return the JSON of a body, or of another text that is called so in what is said about it.

    Raises:
        NoDocument: when there is none, or none that is safe to use.
    """
    if not body.strip():
        raise NoDocument(f"{what} is empty")
    brackets = body.count(b"[") + body.count(b"{")
    if 2 * brackets + body.count(b",") > MAX_VALUES:
        raise NoDocument(f"{what} has more than {MAX_VALUES:,} values")
    try:
        document: Json = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        if _SURROGATE.search(body):
            # Half a character can be read from JSON, and cannot be sent again as anything.
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise NoDocument(f"{what} is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise NoDocument(f"{what} has half a character") from error
    except RecursionError as error:
        raise NoDocument(f"{what} is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise NoDocument(f"{what} is not JSON (line {error.lineno}, column {error.colno})") from error
    except ValueError as error:
        raise NoDocument(f"{what} has a number that cannot be read") from error
    if brackets > MAX_DEPTH and _is_deeper(document, MAX_DEPTH):
        raise NoDocument(f"{what} is nested too deeply")
    return document


def _is_deeper(document: Json, levels: int) -> bool:
    """Whether lists and maps stand within each other more often than that; found without recursion."""
    level: list[list[Json] | dict[str, Json]] = [document] if isinstance(document, _CONTAINERS) else []
    for _ in range(levels):
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, _CONTAINERS)
        ]
        if not level:
            return False
    return True


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(number)
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
