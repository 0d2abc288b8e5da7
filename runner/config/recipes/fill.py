"""A recipe's text with its values: ``${with.name}``, and the entries that stand there only with some of them."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from runner.config.read.source import Place
from runner.config.recipes.piece import Piece
from runner.config.words import did_you_mean
from runner.language.span import Span
from runner.language.units import parse_duration_s
from runner.language.value import Json
from runner.model.diagnostic import Diagnostic

_WITH = re.compile(
    r"\$\$\{|\$\{with\.([A-Za-z_][A-Za-z0-9_-]*)(?:\.(seconds|milliseconds))?(?: */ *([1-9][0-9]?))?\}"
)
_QUOTES = "'\"`"
_PLACEHOLDER = re.compile(r"(\$\{[^}]*\})")
CONDITIONS = ("$if", "$unless")
"""Keys of a map that stands there only where something holds."""
_ENTRIES = "$with"


class Value(Struct, frozen=True):
    """What a parameter stands for in one use of a recipe."""

    piece: Piece | None
    """Nothing where the file gives nothing and there is no default."""

    @property
    def data(self) -> Json:
        """The plain value; nothing where there is none."""
        return None if self.piece is None else self.piece.data


class _Absent(Exception):
    """A text names a parameter that has no value."""


class Filling:
    """One use of a recipe: its values, and what is found wrong while they are put in."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.findings: list[Diagnostic] = []
        self._values = values
        self._given: Span | None = None
        """Where the file gives what was put into the text at hand."""

    def fill(self, piece: Piece, key: str = "", *, in_path: bool = False) -> Piece | None:
        """Return a part of a recipe with its values; nothing where it stands only with some that are not there.

        Args:
            piece: the part; what the file says beside ``use`` stands in it already, and stays.
            key: the key under which it stands.
            in_path: whether it is the path of a request.
        """
        if not piece.is_of_recipe:
            return piece
        if isinstance(piece.held, dict):
            return self._map(piece, piece.held, key, in_path=in_path)
        if isinstance(piece.held, list):
            filled = [self.fill(each) for each in piece.held]
            return Piece(piece.place, held=[each for each in filled if each is not None])
        return self._text(piece, piece.scalar, in_path=in_path) if isinstance(piece.scalar, str) else piece

    def _map(self, piece: Piece, held: dict[str, Piece], under: str, *, in_path: bool) -> Piece | None:
        condition = next((key for key in CONDITIONS if key in held), None)
        if condition is not None:
            holds = self._holds(held[condition]) is (condition == "$if")
            if "$then" in held:
                chosen = held.get("$then" if holds else "$else")
                return None if chosen is None else self.fill(chosen, under, in_path=in_path)
            if not holds:
                return None
        found: dict[str, Piece] = {}
        for key, each in held.items():
            if key in CONDITIONS:
                continue
            if key == _ENTRIES:
                found |= self._entries(each)
                continue
            in_path = (under, key) == ("request", "path")
            filled = self.fill(each, key, in_path=in_path)
            name = self._key(key, each)
            if name is not None and filled is not None:
                place = replace(filled.place, key=each.place.key and self._used(each.place.key))
                found[name] = Piece(place, filled.scalar, filled.held)
        return Piece(piece.place, held=found)

    def _entries(self, named: Piece) -> dict[str, Piece]:
        """Return the entries of a parameter that is a map, which stand among those of the recipe."""
        value = self._value(str(named.scalar), named.place.value)
        held = None if value is None or value.piece is None else value.piece.held
        return held if isinstance(held, dict) else {}

    def _holds(self, condition: Piece) -> bool:
        """Whether a parameter is given and not false, or has the value that is asked for."""
        asked = condition.held if isinstance(condition.held, dict) else {str(condition.scalar): None}
        for name, wanted in asked.items():
            value = self._value(name, condition.place.value)
            if value is None or value.data is None or value.data is False:
                return False
            if wanted is not None and value.data != wanted.data:
                return False
        return True

    def _key(self, key: str, at: Piece) -> str | None:
        self._given = None
        if "${with." not in key:
            return key
        try:
            return self._joined(key, at.place.key or at.place.value)
        except _Absent:
            return None

    def _text(self, piece: Piece, text: str, *, in_path: bool) -> Piece | None:
        if "${with." not in text:
            return piece
        whole = _WITH.fullmatch(text)
        self._given = None
        try:
            if whole is not None and whole[1] is not None:
                return self._whole(whole, piece.place)
            filled = self._joined(text, piece.place.value, in_path=in_path)
        except _Absent:
            return None
        return Piece(replace(piece.place, value=self._used(piece.place.value)), filled)

    def _used(self, span: Span) -> Span:
        """Return the place of a text, which is used where its value is given."""
        return span if self._given is None else replace(span, used=(self._given,))

    def _joined(self, text: str, span: Span, *, in_path: bool = False) -> str:
        """Return a text with its values; two parts that only together begin a placeholder are kept from it."""
        joined, end = "", 0
        for found in _WITH.finditer(text):
            for part in (text[end : found.start()], self._in_text(found, span, text, in_path=in_path)):
                joined += "$" + part if joined.endswith("$") and part.startswith("{") else part
            end = found.end()
        rest = text[end:]
        return joined + ("$" + rest if joined.endswith("$") and rest.startswith("{") else rest)

    def _whole(self, found: re.Match[str], place: Place) -> Piece:
        """Return what stands in place of a text that is one placeholder: the value, with its type and its own place."""
        value = self._value(found[1], place.value)
        if value is None or value.piece is None or value.data is None:
            raise _Absent
        if found[2] is None and found[3] is None:
            return value.piece
        return Piece(value.piece.place, self._amount(value.piece, found))

    def _amount(self, piece: Piece, found: re.Match[str]) -> str | int | float:
        """Return a duration, or a part of one, as a file writes it or as a number."""
        text = str(piece.scalar)
        if "${" in text:
            if found[3] is None and found[2] == "seconds":
                return text  # a variable of type duration is a number of seconds
            self._report(
                piece.place.value,
                "E404",
                f"{found[1]} cannot be a placeholder: the recipe takes a part of it",
                "write it as a duration, as in 30s; or say beside use what is made of it: heartbeat: {every: 10s}",
            )
            return "1s"
        milliseconds = round(parse_duration_s(text) * 1000) // int(found[3] or 1)
        if found[2] == "milliseconds":
            return milliseconds
        if found[2] == "seconds":
            return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000
        return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"

    def _in_text(self, found: re.Match[str], span: Span, text: str, *, in_path: bool = False) -> str:
        """Return what stands in place of one placeholder within a text."""
        if found[1] is None:
            return found[0]
        piece = self._whole(found, Place(span))
        if not piece.is_of_recipe:
            self._given = piece.place.value
        data = piece.data
        if isinstance(data, dict | list):
            what = "a list" if isinstance(data, list) else "a map"
            self._report(span, "E404", f"{found[0]} is {what} and cannot stand within a text", None)
            return ""
        written = ("true" if data else "false") if isinstance(data, bool) else str(data)
        before = text[: found.start()]
        if before.endswith(tuple(_QUOTES)) and re.search(rf"[{before[-1]}\\]", _PLACEHOLDER.sub("", written)):
            message = f"{found[1]} has a quote or a backslash, and the recipe puts it between quotes"
            self._report(piece.place.value, "E402", message, "leave it out")
        if in_path:
            written = self._segment(written, found[1], piece.place.value)
        return written

    def _segment(self, text: str, name: str, span: Span) -> str:
        """Return a value as a part of a path: what it is literally is encoded here, its placeholders when they are sent."""
        if text in {"", ".", ".."}:
            self._report(span, "E408", f'{name} is "{text}", which cannot be a part of a path', None)
        parts = _PLACEHOLDER.split(text)
        return "".join(part if index % 2 else quote(part, safe="") for index, part in enumerate(parts))

    def _value(self, name: str, span: Span) -> Value | None:
        if name not in self._values:
            known = sorted(self._values)
            hint = did_you_mean(name, known) or f"its parameters are {', '.join(known)}"
            self._report(span, "E322", f'the recipe has no parameter "{name}"', hint)
        return self._values.get(name)

    def _report(self, span: Span, code: str, message: str, hint: str | None) -> None:
        self.findings.append(Diagnostic(code=code, span=span, message=message, hint=hint))
