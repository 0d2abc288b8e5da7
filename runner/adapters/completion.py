"""Shell completion from the parser of the command line, made by shtab.

What it makes is static: a TAB costs no start of Python. It is imported when completion is asked for and not
before, and it may be missing, since nobody needs it at run time.
"""

import argparse
from collections.abc import Callable, Iterator


def completion_of(parser: argparse.ArgumentParser) -> Callable[[str], str] | None:
    """Return what makes the completion of a parser for a shell; none where shtab is not installed."""
    try:
        import shtab  # noqa: PLC0415 - an optional dependency, and only for this
    except ImportError:
        return None
    for action in _actions(parser):
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # how shtab is told
    return lambda shell: shtab.complete(parser, shell=shell)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 - argparse tells of its arguments in no other way
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - see above
            for each in action.choices.values():
                yield from _actions(each)
