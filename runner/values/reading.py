"""A text as it reads once its escapes are undone, with the way back to where each part of it stands.

Secrets come back in JSON, in URLs, in HTML, as Python prints them, in base64 that is wrapped in lines, and in these
within each other. Any character may be written out, so a pattern of all forms would be slow; undoing them is not.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_MAX_DEPTH = 4
"""So many encodings within each other are undone."""
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_HEX = "[0-9a-fA-F]"
# Both patterns begin with a set of characters, which is what makes them skip ordinary text quickly.
# JSON within JSON doubles each backslash, so an even run is one; of an odd run, all but the last are the text's own.
_REST_OF_EVEN_RUN = r"(?:(?<!\\\\)\\(?:\\\\)*+)?+"
_ESCAPE = re.compile(
    rf"[\\%&](?:(?<=\\){_REST_OF_EVEN_RUN}(?:"
    rf"u(?P<high>[dD][89abAB]{_HEX}{{2}})\\++u(?P<low>[dD][c-fC-F]{_HEX}{{2}})"
    rf"|u(?P<short>{_HEX}{{4}})|u\{{0*+(?P<braced>{_HEX}{{1,6}})\}}|U(?P<long>{_HEX}{{8}})|x(?P<byte>{_HEX}{{2}}))"
    rf"|(?<=%)(?P<percent>[0-7]{_HEX})"
    rf"|(?<=&)(?:#0*+(?P<decimal>[0-9]{{1,7}})|#[xX]0*+(?P<hex>{_HEX}{{1,6}})|(?P<name>{'|'.join(_NAMED)}));)"
)
_BASE64 = "[A-Za-z0-9+/_-]"
_LINE_BREAK = re.compile(
    rf"[\r\n\\](?<={_BASE64}{{16}}.)(?:(?<=\n)|(?<=\r)\n|(?<=\\)\\*+(?:r\\++)?n)[ \t]*+(?={_BASE64})",
    re.DOTALL,
)
"""Within base64, whose lines are longer than words that end a line."""


Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, and what was replaced in which other one to get it."""

    text: str
    _of: "Reading | None" = None
    _pattern: re.Pattern[str] = _ESCAPE
    _replace: Callable[[re.Match[str]], str] = str

    def places(self, spans: Sequence[Span]) -> Sequence[Span]:
        """Return where parts of this reading stand in the text as it came."""
        if self._of is None or not spans:
            return spans
        starts, ends, ends_there = self._replaced(self._of.text)

        def there(piece: int, at: int) -> int:
            return at if piece < 0 else ends_there[piece] + at - ends[piece]

        # Of what was taken out between two characters, nothing belongs to either.
        return self._of.places(
            [
                (there(bisect_right(ends, start) - 1, start), there(bisect_left(starts, end) - 1, end))
                for start, end in spans
            ]
        )

    def _replaced(self, there: str) -> tuple[list[int], list[int], list[int]]:
        """Where each piece that was replaced begins and ends here, and ended there."""
        starts, ends, ends_there = [], [], []
        gained = 0
        for found in self._pattern.finditer(there):
            starts.append(found.start() + gained)
            ends.append(starts[-1] + len(self._replace(found)))
            ends_there.append(found.end())
            gained = ends[-1] - found.end()
        return starts, ends, ends_there


def readings(text: str) -> Iterator[Reading]:
    """Yield the text as it came, with one more layer of escapes undone each time, and at last without line breaks."""
    reading = Reading(text)
    yield reading
    for _ in range(_MAX_DEPTH):
        undone, count = _ESCAPE.subn(_meant, reading.text)
        if not count:
            break
        reading = Reading(undone, reading, _ESCAPE, _meant)
        yield reading
    joined, count = _LINE_BREAK.subn("", reading.text)
    if count:
        yield Reading(joined, reading, _LINE_BREAK, lambda _: "")


def _meant(found: re.Match[str]) -> str:
    """Return the one character that an escape stands for."""
    how = found.lastgroup or ""
    if how == "name":
        return _NAMED[found[how]]
    number = int(found[how], 10 if how == "decimal" else 16)
    if how == "low":
        number = 0x10000 + ((int(found["high"], 16) - 0xD800) << 10) + number - 0xDC00
    return chr(number) if number <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
