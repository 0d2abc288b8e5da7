"""A text as it reads once its encodings are undone, with the way back to where each part of it stands.

Secrets come back in JSON, in URLs, in HTML, as Python prints them, in base64, as UTF-8 that somebody took for Latin-1,
and in these within each other. Any character may be written out, so a pattern of all forms would be slow; undoing
them is not. White space and backslashes are what encodings and people change most, so secrets are compared without.
"""

import re
from binascii import a2b_base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TypeAlias

from msgspec import Struct

_MAX_DEPTH = 6
"""So many encodings within each other are undone."""
_MAX_BASE64_DEPTH = 2
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_HEX = "[0-9a-fA-F]"
# The pattern begins with a set of characters, which is what makes it skip ordinary text quickly; a run of backslashes
# is taken from its first one on, or each part of a long one would be tried.
_ESCAPE = re.compile(
    rf"[\\%&\xc2-\xf4](?:(?<=\\)(?<!\\\\)\\*+(?:"
    rf"u(?P<high>[dD][89abAB]{_HEX}{{2}})\\++u(?P<low>[dD][c-fC-F]{_HEX}{{2}})"
    rf"|u(?P<short>{_HEX}{{4}})|u\{{0*+(?P<braced>{_HEX}{{1,6}})\}}|U(?P<long>{_HEX}{{8}})|x(?P<byte>{_HEX}{{2}}))"
    rf"|(?<=%)(?P<percent>{_HEX}{{2}})"
    rf"|(?<=&)(?:#0*+(?P<decimal>[0-9]{{1,7}})|#[xX]0*+(?P<hex>{_HEX}{{1,6}})|(?P<name>{'|'.join(_NAMED)}));"
    r"|(?P<misread>(?<=[\xc2-\xdf])[\x80-\xbf]|(?<=[\xe0-\xef])[\x80-\xbf]{2}|(?<=[\xf0-\xf4])[\x80-\xbf]{3}))"
)
_LETTERS = "nrtbfv"
"""What JSON and Python write after a backslash for a character that is white space, or invisible."""
_SPACE_AND_ESCAPES = re.compile(rf"[\s\x08]+|\\++[{_LETTERS}]?")
_SPACE_AND_BACKSLASHES = re.compile(r"[\s\x08\\]+")
_ESCAPED_LETTER = re.compile(rf"\\[{_LETTERS}]")
_LINE_BREAK = r"(?:[\r\n]|\\++[rn])++[ \t]*+"
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{8,}}+(?:{_LINE_BREAK}[A-Za-z0-9+/_-]++)*+")
_ANY_LINE_BREAK = re.compile(_LINE_BREAK)
_TEXT = re.compile(
    rb"(?:[\x07-\x0d\x1b\x20-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){6,}+"
)
_FOR_URLS = str.maketrans("-_", "+/")


Span: TypeAlias = tuple[int, int]


class Reading(Struct, frozen=True):
    """A text, and the way back to the one that it was read from."""

    text: str
    places: Callable[[Sequence[Span]], Sequence[Span]]
    """Returns where parts of this reading stand in the text as it came."""


def readings(text: str, *, base64_too: bool = True) -> Iterator[Reading]:
    """Yield the text as it came, with one more layer of encodings undone each time, and what stands in base64."""
    yield from _undone(Reading(text, lambda spans: spans), _MAX_BASE64_DEPTH if base64_too else 0)


def folded(reading: Reading) -> Iterator[Reading]:
    r"""Yield the reading without white space and backslashes: once with, once without the letters of escapes like \n."""
    yield _replaced(reading, _SPACE_AND_ESCAPES, _nothing) or reading
    if _ESCAPED_LETTER.search(reading.text):
        yield _replaced(reading, _SPACE_AND_BACKSLASHES, _nothing) or reading


def _undone(reading: Reading | None, base64_depth: int) -> Iterator[Reading]:
    for _ in range(_MAX_DEPTH):
        if reading is None:
            return
        yield reading
        if base64_depth:
            for decoded in _decoded(reading):
                yield from _undone(decoded, base64_depth - 1)
        reading = _replaced(reading, _ESCAPE, _meant)


def _replaced(
    there: Reading, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]
) -> Reading | None:
    text, count = pattern.subn(replace, there.text)
    if not count:
        return None

    @cache  # each of a thousand pieces of base64 in a text asks for its place
    def pieces() -> "_Pieces":
        return _pieces(there.text, pattern, replace)

    def places(spans: Sequence[Span]) -> Sequence[Span]:
        return there.places([pieces().before(span) for span in spans]) if spans else spans

    return Reading(text, places)


class _Pieces(Struct, frozen=True):
    """What was replaced in a text: where it stands in the new text, and where it ended in the one before."""

    starts: Sequence[int]
    ends: Sequence[int]
    ends_before: Sequence[int]

    def before(self, span: Span) -> Span:
        """Return where a part of the new text was before; what was taken out between two characters belongs to neither."""
        start, end = span
        first, last = bisect_right(self.ends, start) - 1, bisect_left(self.starts, end) - 1
        return self._place(first, start), self._place(last, end)

    def _place(self, piece: int, at: int) -> int:
        return at if piece < 0 else self.ends_before[piece] + at - self.ends[piece]


def _pieces(before: str, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> _Pieces:
    starts, ends, ends_before = [], [], []
    gained = 0
    for found in pattern.finditer(before):
        starts.append(found.start() + gained)
        ends.append(starts[-1] + len(replace(found)))
        ends_before.append(found.end())
        gained = ends[-1] - found.end()
    return _Pieces(starts, ends, ends_before)


def _decoded(there: Reading) -> Iterator[Reading]:
    """Yield what each piece of base64 says, from each of the four places where a group of characters may begin.

    Most words could be base64, and say nothing then: only what is text is yielded.
    """
    for found in _BASE64.finditer(there.text):
        piece = _part(there, found.start(), found[0])
        piece = _replaced(piece, _ANY_LINE_BREAK, _nothing) or piece
        letters = piece.text.translate(_FOR_URLS) + "AAA"
        for begin in range(4):
            raw = a2b_base64(letters[begin : begin + (len(letters) - begin) // 4 * 4])
            for said in _TEXT.finditer(raw):
                whole = Reading("", _in_base64(piece, begin))
                yield _part(whole, said.start(), said[0].decode("latin-1"))


def _in_base64(there: Reading, begin: int) -> Callable[[Sequence[Span]], Sequence[Span]]:
    def places(spans: Sequence[Span]) -> Sequence[Span]:
        size = len(there.text)
        return there.places(
            [(begin + start * 4 // 3, min(size, begin - (-end * 4 // 3))) for start, end in spans]
        )

    return places


def _part(there: Reading, begin: int, text: str) -> Reading:
    def places(spans: Sequence[Span]) -> Sequence[Span]:
        return there.places([(begin + start, begin + stop) for start, stop in spans])

    return Reading(text, places)


def _nothing(_: re.Match[str]) -> str:
    return ""


def _meant(found: re.Match[str]) -> str:
    """Return the one character that an escape stands for; of UTF-8, one byte as a character."""
    how = found.lastgroup or ""
    if how == "name":
        return _NAMED[found[how]]
    if how == "misread":
        return found[0].encode("latin-1").decode("utf-8", errors="replace")
    number = int(found[how], 10 if how == "decimal" else 16)
    if how == "low":
        number = 0x10000 + ((int(found["high"], 16) - 0xD800) << 10) + number - 0xDC00
    return chr(number) if number <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
