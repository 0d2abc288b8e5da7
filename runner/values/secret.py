"""Keeping secrets and control characters out of everything that people and machines read.

Secrecy is first of all a type (``model.secret``). The redactor is the second line: what servers say, and
what libraries say of errors, may repeat a secret in the clear, in part or in a derived form (see ``derived``).
"""

import operator
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_type_hints

from msgspec import Struct, structs

from runner.model.secret import MASK, Secret, reveal
from runner.values.derived import MIN_CHARS, WINDOW, Traces, traces_of
from runner.values.printable import printable
from runner.values.reading import Span, folded, readings

BOUND = "bound"
"""Holds what binding brought, which a later binding may renew."""
SURPLUS_CHARS = 1024
"""How much more of a text is looked at than is shown: what stands at the cut may be part of a secret, and encoded."""
_GRACE = 16
"""So many secrets that others have replaced are known still, or as many as are live."""
_MAX_GRACE_CHARS = 256 * 1024
_MAX_TOLD = 512
_MAX_TOLD_CHARS = 256
"""Of what was masked, so many short texts are remembered."""

_USERINFO = re.compile(r"(?<=://)[^/@\s\"'$]+(?=@)")
# A word without a digit is most often no secret but where one is found, as in ``token: access_token``.
_LITERAL = re.compile(
    r"(?i)(\b(?:pass?w\w*|pwd|secret|token|bear\w*|api[-_]?key|authorization)\b[\"']?\s*:\s*[\"']?)"
    r"(?!true\b|false\b|null\b)(?=[^\s\"'{}\[\],]{0,256}[0-9])([^\s\"'{}\[\],$&*]{4,})"
)

_NO_TEXT = (int, float, Enum, datetime, NoneType)

T = TypeVar("T")


class Redactor:
    """Masks every secret that is live, in texts and in all texts of frozen data.

    That it has state is deliberate, as captures become known while the run is on. What takes another secret's place
    (a renewed token) does so by its holder, and the one before is forgotten when enough have come after it: somebody
    may still speak of it, but a run of months must not remember all.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, frozenset[str]] = {}
        self._holders: Counter[str] = Counter()
        self._traces: dict[str, Traces] = {}
        self._retired: dict[str, None] = {}
        self._windows: set[str] = set()
        self._short: dict[int, set[str]] = {}
        self._literals: set[str] = set()
        self._told: dict[str, str] = {}
        """Texts and what they were masked to: names, kinds and messages come again with each attempt."""

    def learn(self, secret: Secret | str) -> None:
        """Mask this text from now on, for good, in all the forms in which it travels and all of its parts."""
        self.hold(reveal(secret), (secret,))

    def hold(self, holder: Hashable, secrets: Iterable[Secret | str]) -> None:
        """Mask these texts from now on; they take the place of those that the same holder brought before."""
        texts = frozenset(text for text in map(reveal, secrets) if len(text) >= MIN_CHARS)
        before = self._held.get(holder, frozenset())
        if texts == before:
            return
        self._held[holder] = texts
        self._told.clear()
        self._holders.update(texts - before)
        for text in texts - before:
            self._retired.pop(text, None)
            if text not in self._traces:
                self._traces[text] = traces_of(text)
                self._add(self._traces[text])
        for text in before - texts:
            self._holders[text] -= 1
            if not self._holders[text]:
                del self._holders[text]
                self._retired[text] = None
        self._forget()

    def _add(self, traces: Traces) -> None:
        self._windows |= traces.windows
        self._literals |= traces.literals
        for part in traces.short:
            self._short.setdefault(len(part), set()).add(part)

    def _forget(self) -> None:
        """Forget what was replaced longest ago; only when there is much of it, as the rest is put together anew."""
        grace = max(_GRACE, len(self._holders))
        if len(self._retired) <= 2 * grace and sum(map(len, self._retired)) <= _MAX_GRACE_CHARS:
            return
        while len(self._retired) > grace or sum(map(len, self._retired)) > _MAX_GRACE_CHARS // 2:
            text = next(iter(self._retired))
            del self._retired[text], self._traces[text]
        self._windows, self._short, self._literals = set(), {}, set()
        for traces in self._traces.values():
            self._add(traces)

    def mask(self, text: str) -> str:
        """Return the text without secrets and without characters that could forge lines or colours."""
        told = self._told.get(text)
        if told is None:
            told = printable(self.mask_secrets(text))
            if len(text) <= _MAX_TOLD_CHARS:
                if len(self._told) >= _MAX_TOLD:
                    self._told.clear()
                self._told[text] = told
        return told

    def mask_secrets(self, text: str) -> str:
        """Return the text without secrets; its control characters are left to whoever shows it."""
        return _masked(text, self._places(text), lambda _: MASK)

    def blank(self, text: str) -> str:
        """Return the text with its secrets blanked out at their length, so that a caret below still fits."""
        return _masked(text, self._places(text), lambda size: MASK[0] * size)

    def _places(self, text: str) -> list[Span]:
        """Return where secrets stand, in order and each place once."""
        if not self._traces or len(text) < MIN_CHARS:
            return []
        found: list[Span] = []
        for reading in readings(text):
            found += reading.places(self._literal_spans(reading.text))
            for each in folded(reading):
                found += each.places(self._spans(each.text))
        return _joined(found)

    def _spans(self, text: str) -> list[Span]:
        """Return which parts of a folded text consist of windows."""
        windows = self._windows
        spans = [
            (at, at + WINDOW)
            for at in range(len(text) - WINDOW + 1)
            if text[at : at + WINDOW] in windows
        ]  # fmt: skip
        for size, short in self._short.items():
            spans += [(at, at + size) for at in range(len(text) - size + 1) if text[at : at + size] in short]
        return _joined(spans)

    def _literal_spans(self, text: str) -> list[Span]:
        spans = []
        for literal in self._literals:
            at = text.find(literal)
            while at >= 0:
                spans.append((at, at + len(literal)))
                at = text.find(literal, at + len(literal))
        return spans

    def beginning(self, text: str, max_chars: int) -> str:
        """Return the beginning of a text, masked before it is cut: of half a secret, a few characters would show.

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
        """Return the data with its texts masked, or itself where that changes none: most of it has been masked before."""
        kind: type = type(data)
        if kind is str:
            text = self.mask(data)
            return data if text == data else text
        if kind is tuple:
            masked = tuple(map(self._mask, data))
            return data if all(map(operator.is_, data, masked)) else masked
        changed: dict[str, Any] = {}
        for name in _fields_with_text(kind):
            before = getattr(data, name)
            if before is not None and (after := self._mask(before)) is not before:
                changed[name] = after
        return structs.replace(data, **changed) if changed else data


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _masked(text: str, spans: Iterable[Span], mask: Callable[[int], str]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], mask(end - start)]
        at = end
    return "".join(pieces) + text[at:]


@cache
def _fields_with_text(kind: type) -> tuple[str, ...]:
    """Return the fields of a type that a text may stand in; a ``Secret`` prints its mask as it is."""
    if not issubclass(kind, Struct) or issubclass(kind, Secret):
        return ()
    hints = get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if not _has_no_text(hints[name]))


def _has_no_text(hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return all(map(_has_no_text, hint.__args__))
    return isinstance(hint, type) and issubclass(hint, _NO_TEXT)


def blank_literals(text: str) -> str:
    """Return a piece of a file with what look like literal secrets blanked out, character by character.

    A file should hold none; where one does, a hook's log must not spread it. The length stays, so that a
    caret below still points to its place.
    """
    text = _USERINFO.sub(lambda found: "*" * len(found[0]), text)
    return _LITERAL.sub(lambda found: found[1] + "*" * len(found[2]), text)
