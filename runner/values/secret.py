"""Keeping secrets and control characters out of everything that people and machines read.

Secrecy is first of all a type (``model.secret``). The redactor is the second line: what servers say, and
what libraries say of errors, may repeat a secret in the clear or in a derived form.
"""

import base64
import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from runner.model.secret import MASK, Secret
from runner.values.reading import Span, readings

SURPLUS_CHARS = 64 * 1024
"""How much more of a text is looked at than is shown: the longest secret that a file may bring."""
MIN_CHARS = 6
"""Shorter secrets are masked by their type only: replacing "b" everywhere would corrupt the report."""

_BACKSLASH = r"\\|%(?:25)*5[cC]"
# A run of backslashes is taken whole, and from its first one on: trying each part of a long one would take hours.
_FROM_ITS_FIRST = r"(?<!\\)(?<!%5[cC])(?<!255[cC])"
_RUN_BEFORE = rf"(?:{_FROM_ITS_FIRST}(?:{_BACKSLASH})*+)?+"
_RUN = rf"(?:{_BACKSLASH})*+"

_LETTERS = {"\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r"}
"""What JSON and Python write after a backslash."""

_USERINFO = re.compile(r"(?<=://)[^/@\s\"'$]+(?=@)")
# A word without a digit is most often no secret but where one is found, as in ``token: access_token``.
_LITERAL = re.compile(
    r"(?i)(\b(?:pass?w\w*|pwd|secret|token|bear\w*|api[-_]?key|authorization)\b[\"']?\s*:\s*[\"']?)"
    r"(?!true\b|false\b|null\b)(?=[^\s\"'{}\[\],]*[0-9])([^\s\"'{}\[\],$&*]{4,})"
)

T = TypeVar("T")


class Redactor:
    """Masks every secret that it has learned, in texts and in all texts of frozen data.

    It only ever learns: a secret of the first second is a secret in the last report. That it has state is
    deliberate, as captures become known while the run is on.
    """

    def __init__(self) -> None:
        self._patterns: dict[str, list[str]] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: Secret | str) -> None:
        """Mask this text from now on, in all the forms in which it travels: in URLs, JSON, HTML, base64."""
        text = secret.value if isinstance(secret, Secret) else secret
        if len(text) < MIN_CHARS or text in self._patterns:
            return
        # One that looks escaped itself stands as something else in the readings of a text.
        known = {reading.text for reading in readings(text) if len(reading.text) >= MIN_CHARS}
        self._patterns[text] = [
            way for each in sorted(known, key=len, reverse=True) for way in _patterns(each)
        ]
        self._pattern = (
            None  # made when something is to be masked: a run learns many secrets before its first event
        )

    def mask(self, text: str) -> str:
        """Return the text without secrets and without characters that could forge lines or colours."""
        return printable(self.mask_secrets(text))

    def mask_secrets(self, text: str) -> str:
        """Return the text without secrets; its control characters are left to whoever shows it."""
        if not self._patterns:
            return text
        if self._pattern is None:
            # The longer secret first: a shorter one may be a part of it.
            longest_first = sorted(self._patterns, key=len, reverse=True)
            ways = (each for known in longest_first for each in self._patterns[known])
            self._pattern = re.compile("|".join(ways))
        found: set[Span] = set()
        for reading in readings(text):
            found.update(reading.places([match.span() for match in self._pattern.finditer(reading.text)]))
        return _masked(text, sorted(found))

    def beginning(self, text: str, max_chars: int) -> str:
        """Return the beginning of a text, masked before it is cut: half a secret would no longer be known as one.

        Of a text that is too long to be looked at whole, the surplus may end in such a half, and is never shown.
        """
        masked = self.mask_secrets(text[: max_chars + SURPLUS_CHARS])
        if len(text) >= max_chars + SURPLUS_CHARS:
            masked = masked[:-SURPLUS_CHARS]
        return masked[:max_chars]

    def quote(self, text: str, max_chars: int) -> str:
        """Return the beginning of what somebody else said, fit to be shown."""
        return printable(self.beginning(text, max_chars))[:max_chars]

    def mask_fields(self, data: T) -> T:
        """Return frozen data with every text in it masked, at any depth."""
        return self._mask(data)  # type: ignore[no-any-return]  # the same type comes back as went in

    def _mask(self, data: Any) -> Any:
        if type(data) is str:
            return self.mask(data)
        if isinstance(data, Secret):  # prints its mask as it is
            return data
        if isinstance(data, tuple):
            return tuple(self._mask(item) for item in data)
        kind: type = type(data)
        masked = {name: self._mask(getattr(data, name)) for name in _fields_of(kind)}
        return dataclasses.replace(data, **masked) if masked else data


def _masked(text: str, spans: Iterable[Span]) -> str:
    shown, at = "", 0
    for start, end in spans:
        if start >= at:
            shown += text[at:start] + MASK
        at = max(at, end)
    return shown + text[at:]


@cache
def _fields_of(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def _patterns(text: str) -> list[str]:
    """Regular expressions for the forms in which a secret text can come back."""
    plain = (text, text.encode("utf-8", errors="replace").decode("latin-1"))
    in_json = [_in_json(each, ascii_only=way) for each in plain for way in (True, False)]
    in_json += [_in_json(each, ascii_only=way) for each in in_json for way in (True, False)]
    forms = {*plain, *in_json, quote(text), quote(text, safe=""), quote_plus(text)}
    pieces = {piece for form in forms for piece in _base64_pieces(form)}
    encoded = [re.escape(piece) for piece in pieces if len(piece) >= MIN_CHARS]
    first, *others = re.findall(r"\\+|.", text, re.DOTALL)
    in_clear = _character(first, _RUN_BEFORE) + "".join(map(_character, others))
    return [in_clear, *sorted(encoded, key=len, reverse=True)]


def _in_json(text: str, *, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _character(char: str, run: str = _RUN) -> str:
    """Match a character as itself and as JSON, URLs, and any nesting of the two write it; ``reading`` undoes the rest.

    A server that quotes the path it was asked for encodes what already was encoded: %2F becomes %252F, and a
    quotation mark collects backslashes, which themselves are encoded.
    """
    if char.isascii() and (char.isalnum() or char in "-._~"):
        return re.escape(char)
    if char[0] == "\\":
        return (_FROM_ITS_FIRST if run is _RUN_BEFORE else "") + f"(?:{_BACKSLASH}|(?i:u005c))++"
    ways = [_written(char, run)]
    if not char.isascii():
        # UTF-8 that somebody read as Latin-1 is what HTTP headers and old servers make of other letters.
        misread = char
        for _ in range(2):  # and what goes through two of them is misread twice
            misread = misread.encode("utf-8", errors="replace").decode("latin-1")
            ways.append(_written(misread[0], run) + "".join(map(_written, misread[1:])))
    if char in _LETTERS:
        ways.append(run + _LETTERS[char])
    if char == " ":
        ways += [r"\+", _percent("+")]
    return f"(?:{'|'.join(ways)})"


def _written(char: str, run: str = _RUN) -> str:
    """Match one character as itself, as a JSON escape, and percent-encoded, after any backslashes."""
    if char == "%":  # it may be what follows that looks like an encoded backslash
        run = run.replace("*+", "*").replace("?+", "?")
    return f"{run}(?:{re.escape(char)}|(?i:u{ord(char):04x})|{_percent(char)})"


def _percent(text: str) -> str:
    escapes = (f"%(?:25)*{byte:02x}" for byte in text.encode("utf-8", errors="replace"))
    return f"(?i:{''.join(escapes)})"


def _base64_pieces(text: str) -> set[str]:
    """Base64 of the text within a longer one: three alignments, without what neighbours have a share in."""
    raw = text.encode("utf-8", errors="replace")
    pieces = {base64.b64encode(raw).decode("ascii")}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode("ascii")
        start = {0: 0, 1: 2, 2: 3}[before]
        end = len(encoded) - {0: 0, 1: 3, 2: 2}[(before + len(raw)) % 3]
        pieces |= {encoded[start:end], encoded[start:end].replace("+", "-").replace("/", "_")}
    return pieces


def blank_literals(text: str) -> str:
    """Return a piece of a file with what look like literal secrets blanked out, character by character.

    A file should hold none; where one does, a hook's log must not spread it. The length stays, so that a
    caret below still points to its place.
    """
    text = _USERINFO.sub(lambda found: "*" * len(found[0]), text)
    return _LITERAL.sub(lambda found: found[1] + "*" * len(found[2]), text)


def printable(text: str) -> str:
    """Return the text with control, bidirectional and other invisible characters written out.

    A server's words stand in logs and on terminals, where such characters can start lines of their own,
    colour what follows, or turn the order of reading (CVE-2021-42574).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(char) if _is_unsafe(char) else char for char in text)


def _is_unsafe(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _written_out(char: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\u{ord(char):04x}")
