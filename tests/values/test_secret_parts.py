"""What is derived from a secret is masked like the secret itself, and what was replaced is forgotten in time."""

import base64
import json
import secrets
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.language.span import Span
from runner.model.secret import MASK
from runner.values.derived import WINDOW
from runner.values.secret import Redactor

LINE = st.text(string.ascii_letters + string.digits + "+/=-_.!$&\"'<>äß中", min_size=12, max_size=30)
SECRET = st.lists(LINE, min_size=1, max_size=4).map("\n".join)
WORDS = st.text("xyz ,.:;()[]?", max_size=20)

DERIVED: dict[str, Callable[[str], str]] = {
    "itself": str,
    "its beginning": lambda text: text[: len(text) // 2 + 4],
    "its end": lambda text: text[len(text) // 2 - 4 :],
    "trimmed": str.strip,
    "with white space around it": lambda text: f"\t{text} \r\n",
    "its last line": lambda text: text.splitlines()[-1],
    "other line ends": lambda text: text.replace("\n", "\r\n"),
    "spaces for line ends": lambda text: text.replace("\n", " "),
    "no line ends": lambda text: text.replace("\n", ""),
    "indented": lambda text: text.replace("\n", "\n    "),
    "after a name": lambda text: f"some-id.{text}",
    "path of a URL": lambda text: f"http://h:80/a/{quote(text, safe='')}/b?c=d",
    "form": lambda text: f"a=b&token={quote_plus(text)}",
    "JSON": lambda text: json.dumps({"a": text}),
    "JSON in JSON in a URL": lambda text: quote(json.dumps(json.dumps([text]))),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"ab" + text.encode()).decode(),
    "JSON in base64": lambda text: base64.b64encode(json.dumps({"t": text}).encode()).decode(),
    "base64 of base64": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "UTF-8 taken for Latin-1": lambda text: text.encode().decode("latin-1"),
}  # fmt: skip


def shown_pieces(secret: str, text: str) -> list[str]:
    """Return which pieces of a secret, or of its base64, can be read in a text."""
    coded = [base64.b64encode(b" " * before + secret.encode()).decode()[4:-4] for before in range(3)]
    whole = [secret, *secret.splitlines(), *coded]
    sizes = [WINDOW, WINDOW, *[WINDOW] * len(secret.splitlines()), 16, 16, 16][1:]
    return [
        each[at : at + size]
        for each, size in zip(whole, sizes, strict=True)
        for at in range(len(each) - size + 1)
        if each[at : at + size] in text
    ]


@pytest.mark.parametrize("how", DERIVED)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(SECRET, min_size=1, max_size=3), WORDS, WORDS)
def test_no_eight_characters_of_a_secret_show(how: str, known: list[str], before: str, after: str) -> None:
    redactor = Redactor()
    for secret in known:
        redactor.learn(secret)
    said = before.join(DERIVED[how](secret) for secret in known)
    masked = redactor.mask_secrets(f"{before} {said} {after}").replace(MASK, "\0")

    assert [piece for secret in known for piece in shown_pieces(secret, masked)] == []


def test_where_two_secrets_overlap_both_are_masked() -> None:
    redactor = Redactor()
    for secret in ("abcdef123456", "xyzabc"):
        redactor.learn(secret)

    assert redactor.mask("got xyzabcdef123456 end") == f"got {MASK} end"


def test_the_scheme_of_a_secret_url_is_no_secret() -> None:
    redactor = Redactor()
    redactor.learn("https://hooks.example/T00/xYz123Token987")

    assert redactor.mask("https://other.org: no /T00/xYz123Token987") == f"https://other.org: no {MASK}"


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("http://u:hunter@h/x", "hunter"),
        ("https://h/x?key=abc123", "abc123"),
        ("Basic " + base64.b64encode(b"admin:hunter2").decode(), "hunter2"),
        ("-----BEGIN KEY-----\nabcdef0123456789\nzz8=Qq\n", "zz8=Qq"),
    ],
)
def test_a_short_part_that_stands_alone_is_masked(secret: str, part: str) -> None:
    redactor = Redactor()
    redactor.learn(secret)

    assert redactor.mask(f"no {part}") == f"no {MASK}"


def test_a_replaced_secret_is_masked_for_a_while_and_forgotten_in_the_end() -> None:
    redactor = Redactor()
    redactor.learn("another-Secret-0001")
    tokens = [secrets.token_urlsafe(32) for _ in range(100)]
    for token in tokens:
        redactor.hold("login", [token])

    assert [redactor.mask(token) for token in tokens[-10:]] == [MASK] * 10
    assert redactor.mask(tokens[0]) == tokens[0]
    assert redactor.mask("another-Secret-0001") == MASK


def test_a_secret_that_somebody_else_still_holds_is_not_forgotten() -> None:
    redactor = Redactor()
    redactor.hold("one", ["shared-Secret-0001"])
    for number in range(100):
        redactor.hold("two", ["shared-Secret-0001"] if number == 0 else [f"token-{number:04}-secret"])

    assert redactor.mask("shared-Secret-0001") == MASK


def test_texts_in_structs_are_masked_too() -> None:
    redactor = Redactor()
    redactor.learn("hunter2-abc-99")

    assert redactor.mask_fields(Span("/run/hunter2-abc-99.yaml", 1, 2, 3, 4)).file == f"/run/{MASK}.yaml"
