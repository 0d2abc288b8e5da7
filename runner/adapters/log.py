"""Log lines on standard error, through loguru; the only module that knows the library.

What other libraries log (an error in a task that nobody awaited) is said by our console, and not around it.

``diagnose`` is off: it would print the values of local variables, secrets among them, into tracebacks.
"""

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from runner.adapters.console import tell_line
from runner.adapters.unset import unset
from runner.model.event import RunEvent

if TYPE_CHECKING:
    from loguru import Logger


def _imported() -> "Logger":
    """Import the library without its variables: it reads them at once, and does not start with one that it cannot read."""
    with unset([name for name in os.environ if name.startswith("LOGURU_")]):
        from loguru import logger  # noqa: PLC0415 - see above
    return logger


logger = _imported()
_TEXT_FORMAT = "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> {message}"
_WITH_DATE = _TEXT_FORMAT.replace("HH:", "YYYY-MM-DD HH:")
"""What is kept is read on another day."""


class LogReporter:
    """Writes each event as one line."""

    def __init__(
        self,
        render: Callable[[RunEvent], str],
        *,
        bare: bool,
        level: str,
        colour: bool,
        dated: bool = False,
        write: Callable[[str], None] | None = None,
    ) -> None:
        """Take over the log.

        Args:
            render: makes a line of an event.
            bare: whether the line is all, without time and level before it.
            level: the quietest level that is written: debug, info, warning or error.
            dated: whether the date stands before the time.
            colour: whether to colour time and level.
            write: takes the lines, newline included, in place of standard error.
        """
        self._render = render
        logger.remove()
        logger.add(
            write or _to_standard_error,
            level=level.upper(),
            format="{message}" if bare else _WITH_DATE if dated else _TEXT_FORMAT,
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
    tell_line(line.removesuffix("\n"), masked=True)


class _LibraryLog(logging.Handler):
    """Says what libraries log; their words may hold anything."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record, with where its error comes from."""
        word = "error" if record.levelno >= logging.ERROR else "warning"
        self._say(f"{word}: {record.name}: {self.format(record)}")


def say_what_libraries_log(say: Callable[[str], None]) -> None:
    """Let a console say what libraries log and nobody else takes."""
    logging.lastResort = _LibraryLog(say)
