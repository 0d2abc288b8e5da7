"""Regular expressions that cannot stop the program.

Python's engine backtracks, and a stuck match would hold the loop and with it every deadline. So patterns
whose cost explodes are refused when the file is read, and of a text a match sees at most 8 KiB, and less
where several repeats of the pattern could share it out among them.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

MAX_CHARS = 8 * 1024
_MIN_CHARS = 100
"""A pattern that may look at less than this is refused: it would be of no use."""
_MAX_STEPS = 10**9
"""Measured: a+a+b on 1,000 times "a" takes 0.12 s, and that is 10**9 by the estimate below."""

# The parse tree has no public name; 3.11 to 3.14 agree on these two.
_sre: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")
_BACKTRACKING_REPEATS = {_sre.MAX_REPEAT, _sre.MIN_REPEAT}


class PatternError(ValueError):
    """A text that is no regular expression, or one that could run for ever."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression and how much of a text it may look at."""

    compiled: re.Pattern[str]
    max_chars: int


@functools.cache
def compile_pattern(text: str) -> Pattern:
    """Return the compiled expression.

    Raises:
        PatternError: when it is none, when a repeat stands within a repeat, or when there are so many that
            hardly any text could be looked at.
    """
    # Around a search these say nothing, and cost a factor of the text's length each.
    bare = text.removeprefix(".*")
    bare = bare if bare.endswith("\\.*") else bare.removesuffix(".*")
    try:
        repeats = _repeats(_parser.parse(bare), within=False)
        compiled = re.compile(bare)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f'"{text}" is not a regular expression: {error}') from error
    if repeats is None:
        raise PatternError(f'"{text}" has a repeat or a choice within a repeat, which can run for ever')
    max_chars = _affordable_chars(repeats)
    if max_chars < _MIN_CHARS:
        raise PatternError(f'"{text}" has too many repeats, which together can run for ever')
    return Pattern(compiled, max_chars)


def _affordable_chars(repeats: list[int]) -> int:
    """Return the longest text on which all ways of sharing it out among the repeats can be tried."""
    chars = MAX_CHARS
    while chars >= _MIN_CHARS:
        steps = chars
        for most in repeats:
            steps *= min(most, chars)
        if steps <= _MAX_STEPS:
            return chars
        chars -= chars // 8
    return chars


def _repeats(tree: Any, *, within: bool) -> list[int] | None:
    """Return how often each variable repeat may repeat; none when one of them has a choice inside."""
    found: list[int] = []
    for operator, argument in tree:
        repeats = operator in _BACKTRACKING_REPEATS and argument[1] > argument[0]
        if within and (repeats or operator is _sre.BRANCH):
            return None
        if repeats:
            found.append(int(argument[1]))
        for below in _subpatterns(argument):
            deeper = _repeats(below, within=within or repeats)
            if deeper is None:
                return None
            found += deeper
    return found


def _subpatterns(argument: Any) -> Iterator[Any]:
    """Go through the patterns within a node: groups, branches, look-around, conditionals."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _subpatterns(part)


def search(text: str, within: str) -> re.Match[str] | None:
    """Search a text, or as much of it as the pattern may look at."""
    pattern = compile_pattern(text)
    return pattern.compiled.search(within[: pattern.max_chars])
