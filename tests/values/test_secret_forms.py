"""Secrets are masked in whatever form they come back, and looking for them costs little."""

import base64
import html
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from runner.model.secret import MASK
from runner.values import reading
from runner.values.reading import readings
from runner.values.secret import Redactor

SECRETS = {
    "plain": "S3cretPlain-ABC-0001",
    "signs": "aa&bb<cc>dd\"ee'ff;gg",
    "umlauts": "gäßheim-über-straße77",
    "outside the first plane": "\U0001f511hunter2-pass\U0001f511-xyz",
    "slashes": "ab/cd+ef=gh/ij+kl==QQ",
    "backslashes": 'C:\\users\\pw"quoted"\\x',
    "control characters": "tab\there-and\x0cthere-1234",
    "looks escaped": "100%41 &amp; \\u0041-secret",
    "lines": "-----BEGIN A KEY-----\nMIIB+abc/def&ghi\nMIIC+abc/def",
}


def units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


def escaped(text: str) -> str:
    return "".join(f"\\u{unit:04x}" for unit in units(text))


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "JSON that escapes all": escaped,
    "JSON in JSON that escapes all": lambda text: json.dumps(escaped(text))[1:-1],
    "JSON in JSON in capitals": lambda text: json.dumps(escaped(text))[1:-1].replace("d83d", "D83D"),
    "HTML": html.escape,
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "HTML in JSON": lambda text: json.dumps(html.escape(text))[1:-1],
    "HTML in JSON of Go": lambda text: json.dumps(html.escape(text))[1:-1].replace("&", "\\u0026"),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "decimal entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "entities with zeros": lambda text: "".join(f"&#0{ord(char):04};" for char in text),
    "some entities": lambda text: text.replace("&", "&amp;").replace("'", "&apos;").replace('"', "&#34;"),
    "percent-encoded": lambda text: quote(text, safe=""),
    "all percent-encoded": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent-encoded twice": lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())),
    "a text of Python": lambda text: repr(text)[1:-1],
    "an ASCII text of Python": lambda text: ascii(text)[1:-1],
    "bytes of Python": lambda text: repr(text.encode())[2:-1],
    "bytes of Python in JSON": lambda text: json.dumps(repr(text.encode())[2:-1])[1:-1],
    "JavaScript": lambda text: "".join(f"\\u{{{ord(char):x}}}" for char in text),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_whole_however_it_is_written(secret: str, form: str) -> None:
    redactor = Redactor()
    redactor.learn(SECRETS[secret])

    assert redactor.mask(f"said ({FORMS[form](SECRETS[secret])}) to us") == f"said ({MASK}) to us"


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\\n", "\\r\\n", "\\\\n", "&#10;", "\n  "])
@pytest.mark.parametrize("before", range(30, 50, 3))
def test_base64_is_masked_across_the_ends_of_its_lines(before: int, line_break: str, width: int) -> None:
    secret = "a long secret of several words: " + SECRETS["umlauts"]
    redactor = Redactor()
    redactor.learn(secret)
    coded = base64.b64encode(b"x" * before + secret.encode() + b"y" * 40).decode()
    lines = line_break.join(coded[at : at + width] for at in range(0, len(coded), width))
    masked = redactor.mask_secrets(f"as ({lines})")

    assert masked.startswith("as (eHh4")
    assert MASK in masked
    assert not any(coded[at : at + 6] in masked for at in range(before * 4 // 3 + 1, len(coded) - 60))


def test_what_stands_around_a_secret_stays_as_it_was() -> None:
    redactor = Redactor()
    redactor.learn("S3cret-0001")
    text = "a&amp;b %41\\u00e4 {} \\n&lt;{}{}\\\\u0041&#65;"

    assert redactor.mask(text.format("S3cret-0001", "&#83;3cret-0001", "%533cret-0001")) == text.format(
        MASK, MASK, MASK
    )
    assert redactor.mask(text) == text


@pytest.mark.parametrize(
    "hostile",
    ["\\", "&", "%", "%25", "&amp;", "\\u", "\\ud83d", "&#0", "&#x", "\n", "\r\n", "\\n", "\\r", " ", "\\\\u0041",
     "A\n", "a" * 20 + "\n" + " " * 99, "S3cret-000", "&#83;3cret-0001", "\\u005c", "\\x5c"],
)  # fmt: skip
def test_a_server_that_says_nothing_but_escapes_costs_no_time(hostile: str) -> None:
    redactor = Redactor()
    for secret in ("S3cret-0001", *SECRETS.values()):
        redactor.learn(secret)
    redactor.mask("")
    began_s = time.process_time()
    redactor.mask((hostile * 20_000)[:70_000])

    assert time.process_time() - began_s < 2.0


def test_secrets_in_many_pieces_of_base64_are_found_by_going_through_the_text_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone_through: list[int] = []
    pieces = reading._pieces

    def counted(before: str, *rest: Any) -> Any:
        gone_through.append(len(before))
        return pieces(before, *rest)

    monkeypatch.setattr(reading, "_pieces", counted)
    redactor = Redactor()
    redactor.learn(SECRETS["slashes"])
    coded = base64.b64encode(SECRETS["slashes"].encode()).decode()
    text = " ".join(f"%41{number} {coded}" for number in range(200))

    assert coded not in redactor.mask(text)
    assert sum(gone_through) < 10 * len(text)


def test_only_so_many_encodings_within_each_other_are_undone() -> None:
    assert len(list(readings("&" + "amp;" * 1000 + " and more"))) < 10
