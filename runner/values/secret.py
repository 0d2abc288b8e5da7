"""Keeping secrets and control characters out of everything that people and machines read.

Secrecy is first of all a type (``model.secret``). The redactor is the second line: what servers say, and
what libraries say of errors, may repeat a secret in the clear or in a derived form.
"""

import base64
import dataclasses
import json
import re
import unicodedata
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from runner.model.secret import MASK, Secret

MIN_CHARS = 6
"""Shorter secrets are masked by their type only: replacing "b" everywhere would corrupt the report."""

T = TypeVar("T")


class Redactor:
    """Masks every secret that it has learned, in texts and in all texts of frozen data.

    It only ever learns: a secret of the first second is a secret in the last report. That it has state is
    deliberate, as captures become known while the run is on.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: Secret | str) -> None:
        """Mask this text from now on, and the forms in which it travels: percent-encoded, in JSON, base64."""
        text = secret.value if isinstance(secret, Secret) else secret
        if len(text) < MIN_CHARS or text in self._forms:
            return
        self._forms |= {form for form in _derived(text) if len(form) >= MIN_CHARS}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def mask(self, text: str) -> str:
        """Return the text without secrets and without characters that could forge lines or colours."""
        return printable(self._pattern.sub(MASK, text) if self._pattern else text)

    def mask_fields(self, data: T) -> T:
        """Return frozen data with every text in it masked, at any depth."""
        return self._mask(data)  # type: ignore[no-any-return]  # the same type comes back as went in

    def _mask(self, data: Any) -> Any:
        if type(data) is str:
            return self.mask(data)
        if isinstance(data, tuple):
            return tuple(self._mask(item) for item in data)
        if dataclasses.is_dataclass(data) and not isinstance(data, type):
            fields = {field.name: self._mask(getattr(data, field.name)) for field in dataclasses.fields(data)}
            return dataclasses.replace(data, **fields)
        return data


def _derived(text: str) -> set[str]:
    """The forms in which a secret text can come back.

    Base64 of a text within a longer one depends on where it starts: three alignments, each without the
    characters that its neighbours share.
    """
    raw = text.encode()
    forms = {text, quote(text, safe=""), quote(text), quote_plus(text)}
    forms |= {re.sub("%..", lambda escape: escape[0].lower(), form) for form in forms}
    forms |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode("ascii")
        start = {0: 0, 1: 2, 2: 3}[before]
        end = len(encoded) - {0: 0, 1: 3, 2: 2}[(before + len(raw)) % 3]
        forms |= {encoded[start:end], encoded[start:end].replace("+", "-").replace("/", "_")}
    forms.add(base64.b64encode(raw).decode("ascii"))
    return forms


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
