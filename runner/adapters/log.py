"""Log lines on standard error, through loguru; the only module that knows the library.

``diagnose`` is off: it would print the values of local variables, secrets among them, into tracebacks.
"""

import sys
from collections.abc import Callable

from loguru import logger

from runner.adapters.console import tell_line
from runner.adapters.terminal import is_terminal
from runner.model.event import RunEvent

_ON_TERMINAL = "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> {message}"
_ELSEWHERE = _ON_TERMINAL.replace("HH:", "YYYY-MM-DD HH:")
"""With the date: what is kept is read on another day."""


class LogReporter:
    """Writes each event as one line."""

    def __init__(
        self,
        render: Callable[[RunEvent], str],
        *,
        bare: bool,
        level: str,
        colour: bool,
        write: Callable[[str], None] | None = None,
    ) -> None:
        """Take over the log.

        Args:
            render: makes a line of an event.
            bare: whether the line is all, without time and level before it.
            level: the quietest level that is written: debug, info, warning or error.
            colour: whether to colour time and level.
            write: takes the lines, newline included, in place of standard error.
        """
        self._render = render
        seen = write is not None or is_terminal(sys.stderr)
        logger.remove()
        logger.add(
            write or _to_standard_error,
            level=level.upper(),
            format="{message}" if bare else _ON_TERMINAL if seen else _ELSEWHERE,
            colorize=colour and not bare,
            backtrace=False,
            diagnose=False,
            catch=True,
        )

    def on_event(self, event: RunEvent) -> None:
        """Write one line."""
        logger.log(event.level.upper(), "{}", self._render(event))


def _to_standard_error(line: str) -> None:
    """Write to what standard error is now; a log that nobody can read must not end the run."""
    tell_line(line.removesuffix("\n"))
