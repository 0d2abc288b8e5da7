"""Rows at the foot of a terminal that are drawn again while a run is on; the only module that knows rich.

Drawn from the run's own loop, with no thread: what is slow or broken here must never hold up the run. A
terminal that takes no more (Ctrl-S, a dead connection) is left alone until it does, and a view that fails ends
and leaves plain lines. The first drawing waits a moment: a run that is over at once needs no view.
"""

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from runner.adapters.output import cleaned
from runner.adapters.terminal import in_foreground

FIRST_DRAWN_AFTER_S = 0.3
REDRAWN_EVERY_S = 0.2
"""Five times a second: calm, and tenths of a second still count down."""
_SPARE_COLUMNS = 4
"""For the ^C that a terminal writes where the cursor is: a line that it wraps could not be taken back."""
_USUAL_SIZE = (80, 24)
"""Where a terminal does not say; some containers' do not."""
_STYLES = {"good": "green", "bad": "red", "busy": "yellow", "faint": "dim", "": ""}

Paint = Callable[[int, int], Sequence[Sequence[tuple[str, str]]]]
"""Width and height to lines of pieces: text, and a tone."""


class LiveView:
    """Shows what ``paint`` gives below the lines that are written; a context within a running loop."""

    def __init__(self, paint: Paint, stream: TextIO | None = None) -> None:
        self._paint = paint
        self._stream = stream or sys.stderr
        self._pending: list[str] = []
        self._shown: Sequence[object] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._console = Console(
            file=self._stream, force_terminal=True, force_interactive=True, highlight=False
        )
        self._live = self._new_live()

    def __enter__(self) -> Self:
        """Begin to draw, in a moment."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(FIRST_DRAWN_AFTER_S, self._tick)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        return self

    def __exit__(self, *_: object) -> None:
        """Take the rows away; what was written stays."""
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTSTP)
        self._end()

    def write(self, line: str) -> None:
        """Write a line above the rows, with the next drawing."""
        self._pending.append(cleaned(line, masked=True, colour=True))
        if self._timer is None:
            with contextlib.suppress(OSError):
                self._write_without_rows()

    def _tick(self) -> None:
        try:
            if select.select([], [self._stream], [], 0)[1]:  # it takes more now
                if in_foreground(self._stream):
                    self._draw()
                else:
                    self._write_without_rows()
        except Exception:  # noqa: BLE001 - whatever goes wrong with a view, the run goes on
            self._end()
        else:
            self._timer = asyncio.get_running_loop().call_later(REDRAWN_EVERY_S, self._tick)

    def _draw(self) -> None:
        size = os.get_terminal_size(self._stream.fileno())
        width = max(1, (size.columns or _USUAL_SIZE[0]) - _SPARE_COLUMNS)
        lines = self._paint(width, max(1, (size.lines or _USUAL_SIZE[1]) - 1))
        if lines == self._shown and not self._pending:
            return
        self._shown = lines
        texts = [Text.assemble(*map(_piece, line)) for line in lines]
        for text in texts:
            text.truncate(width)  # a server's words may have wide characters
        with self._console:  # all in one write
            self._live.start()
            self._write_pending()
            self._live.update(Text("\n").join(texts), refresh=True)

    def _write_pending(self) -> None:
        if self._pending:
            text, self._pending = "".join(self._pending), []
            self._console.print(Text.from_ansi(text.rstrip("\n")), soft_wrap=True)

    def _write_without_rows(self) -> None:
        text, self._pending = "".join(self._pending), []
        self._stream.write(text)
        self._stream.flush()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # A terminal that is gone can be neither cleaned nor written to.
        with contextlib.suppress(Exception):
            with self._console:
                self._live.stop()
            self._write_without_rows()

    def _suspend(self) -> None:
        """Ctrl-Z: leave the terminal as it was found, stop, and draw again when continued."""
        with contextlib.suppress(OSError):
            self._live.stop()
        self._live, self._shown = self._new_live(), ()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _new_live(self) -> Live:
        return Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )


def _piece(piece: tuple[str, str]) -> tuple[str, str]:
    text, tone = piece
    return cleaned(text, masked=True), _STYLES[tone]
