"""All that leaves this process in words goes through here: streams, report files, notes for platforms, answers over HTTP.

Secrets are masked, and characters that do something are written out, wherever they came from: the file, its own name,
the command line, the system, a server, an error that nobody expected.

What a run tells of itself (events and outcomes) was masked as data when it was told: on its way into a report it is cut
and escaped, and half a secret, or one in another format's escapes, would not be known any more; and a host program gets
it without coming by here. It is not looked at twice, which would cost as much again as all masking.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from runner.values.printable import printable

if TYPE_CHECKING:
    from runner.values.secret import Redactor

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m|[\n\t])")
_COMMAND = re.compile(r"^(\s*)(::|##\[)", re.MULTILINE)


class Known:
    """What this process knows to be secret; a program that has us as a library has a redactor for each run instead."""

    def __init__(self) -> None:
        self._redactor: Redactor | None = None
        self.written: Callable[[], Iterable[str] | None] | None = None
        """Gives the secrets that stand in the file, or none where they are too many."""

    @property
    def redactor(self) -> "Redactor":
        """Told of secrets by the run, as it learns them; a probe, which asks every few seconds, knows none."""
        if self._redactor is None:
            from runner.values.secret import Redactor  # noqa: PLC0415 - see above

            self._redactor = Redactor()
        return self._redactor

    def learn_written(self) -> None:
        """Learn the secrets that stand in the file, which are looked for when something is to be said or sent."""
        if self.written is not None:
            written, self.written = self.written, None
            self.redactor.hold("written", written() or ())

    def masked(self, text: str) -> str:
        """Return a text without what is secret."""
        self.learn_written()
        return text if self._redactor is None else self._redactor.mask_secrets(text)

    def forget(self) -> None:
        """Begin anew, as another process would."""
        self._redactor = self.written = None


KNOWN = Known()


def cleaned(text: str, *, masked: bool = False, colour: bool = False, commands: bool = False) -> str:
    """Return a text that shows no secret, and does where it is read what its lines say and nothing else.

    Args:
        text: lines.
        masked: whether it is made of what was masked as data.
        colour: whether colours may be in it.
        commands: whether it may hold commands for GitHub; others would take effect as if we had given them.
    """
    if not masked:
        text = KNOWN.masked(text)
    if not commands:
        text = _COMMAND.sub(lambda found: f"{found[1]}\\{found[2]}", text)
    if text.isascii() and text.isprintable():
        return text
    pieces = _COLOUR.split(text)  # what splits stands at the odd places
    return "".join(
        piece if at % 2 and (colour or piece[0] != "\x1b") else printable(piece)
        for at, piece in enumerate(pieces)
    )
