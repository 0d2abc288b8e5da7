"""Events as log lines on standard error, through loguru; the only module that knows the library.

``diagnose`` is off: it would print the values of local variables, secrets among them, into tracebacks.
"""

import sys

from loguru import logger

from runner.model.event import RunEvent
from runner.ports import WallClock
from runner.report.log_line import json_line, text_line

_TEXT_FORMAT = "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> {message}"


class LogReporter:
    """Writes each event as one line."""

    def __init__(self, *, as_json: bool, level: str, colour: bool, clock: WallClock) -> None:
        """Take over the log.

        Args:
            as_json: one JSON object a line instead of text.
            level: the quietest level that is written: debug, info, warning or error.
            colour: whether to colour text.
            clock: for the time in JSON lines.
        """
        self._as_json = as_json
        self._clock = clock
        logger.remove()
        logger.add(
            sys.stderr,
            level=level.upper(),
            format="{message}" if as_json else _TEXT_FORMAT,
            colorize=colour and not as_json,
            backtrace=False,
            diagnose=False,
            catch=True,
        )

    def on_event(self, event: RunEvent) -> None:
        """Write one line."""
        line = json_line(event, self._clock.now()) if self._as_json else text_line(event)
        logger.log(event.level.upper(), "{}", line)
