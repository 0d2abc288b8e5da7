"""Regular expressions that cannot stop the program.

Python's engine backtracks, and a stuck match would hold the loop and with it every deadline. So patterns
whose cost can explode are refused when the file is read, and a match sees at most 8 KiB.
"""

import functools
import re
from importlib import import_module
from typing import Any

MAX_CHARS = 8 * 1024
# The parse tree has no public name; 3.11 to 3.14 agree on these two.
_sre: Any = import_module("re._constants")
_parser: Any = import_module("re._parser")
_REPEATS = {_sre.MAX_REPEAT, _sre.MIN_REPEAT, _sre.POSSESSIVE_REPEAT}
_MANY = 16
"""A repeat of more than this counts as unbounded: (a{1,99}){1,99} explodes as well as (a+)+."""


class PatternError(ValueError):
    """A text that is no regular expression, or one that could run for ever."""


@functools.cache
def compile_pattern(text: str) -> re.Pattern[str]:
    """Return the compiled expression.

    Raises:
        PatternError: when it is none, or when a repeat stands within a repeat.
    """
    try:
        tree = _parser.parse(text)
        compiled = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f'"{text}" is not a regular expression: {error}') from error
    if _stuck_prone(tree, inside_repeat=False):
        raise PatternError(f'"{text}" has a repeat within a repeat, which can run for ever')
    return compiled


def _stuck_prone(tree: Any, *, inside_repeat: bool) -> bool:
    for operator, argument in tree:
        if operator in _REPEATS:
            _, most, body = argument
            repeats = most > _MANY
            if (repeats and inside_repeat) or _stuck_prone(body, inside_repeat=inside_repeat or repeats):
                return True
        elif operator is _sre.BRANCH:
            if inside_repeat or any(_stuck_prone(branch, inside_repeat=False) for branch in argument[1]):
                return True
        elif operator is _sre.SUBPATTERN and _stuck_prone(argument[-1], inside_repeat=inside_repeat):
            return True
    return False


def search(pattern: str, text: str) -> re.Match[str] | None:
    """Search the first 8 KiB of a text."""
    return compile_pattern(pattern).search(text[:MAX_CHARS])
