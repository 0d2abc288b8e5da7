"""How findings speak: what a part of the file is called, and what somebody meant who wrote another word.

People come from other tools and write the words of those; the declarations, which know these, are asked before the
spelling is compared, because ``timeout`` is nearer to ``connect_timeout`` in letters than to what it means.
"""

import difflib
import heapq
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from runner.config.read.source import Path, SourceTree
from runner.language.words import meant_by, value_meant_by

_BELOW = {
    "request": ("method", "path", "query", "headers", "json", "form", "text", "idempotent"),
    "expect": ("status", "except"),
    "match": ("status", "except", "errors", "body", "headers", "text", "processed"),
    "backoff": ("initial", "multiplier", "max", "jitter"),
    "retry_after": ("honor",),
    "auth": ("bearer", "basic", "username", "password"),
    "tls": ("ca_file", "cert_file", "key_file", "server_name"),
    "then": ("outcome", "requests", "class", "reason"),
    "stop": ("drain", "signal"),
}
"""Keys that stand one level deeper, by the key that they stand under."""

_MAX_WORDS = 200_000
"""That are compared for one file, at most."""
_WORDS_A_SEARCH = 1000
"""What a search costs besides."""
_MAX_COMPARED = 50
_MAX_WORD_CHARS = 64
_words_left: ContextVar[list[int] | None] = ContextVar("words_left", default=None)
"""One number for a file; none where single words are looked up."""

_SINGULAR = {
    "tests": "test",
    "failure_classes": "class",
    "steps": "step",
    "given": "answer",
    "match": "match",
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def where(path: Path, tree: SourceTree) -> str:
    """Return what a place is called; what stands in a list goes by its name or by its number from one on."""
    numbers = [index for index, part in enumerate(path) if isinstance(part, int)]
    if not numbers:
        return ".".join(map(str, path)) or "the file"
    last = numbers[-1]
    around, item, rest = path[: last - 1], path[: last + 1], path[last + 1 :]
    noun = _SINGULAR.get(str(path[last - 1]))
    if noun is None:
        # The entries of a list of texts are no things of their own.
        return where((*path[:last], *rest), tree)
    name = value_at(item, tree)
    name = name.get("name") if isinstance(name, dict) else None
    number = int(path[last])
    ordinal = _ORDINALS[number] if number < len(_ORDINALS) else f"{number + 1}th"
    called = f'the {noun} "{name}"' if isinstance(name, str) else f"the {ordinal} {noun}"
    whole = f"{called} of {where(around, tree)}" if around else called
    return f"{'.'.join(map(str, rest))} of {whole}" if rest else whole


def value_at(path: Path, tree: SourceTree) -> Any:
    """Return the value at a place."""
    value: Any = tree.data
    for part in path:
        value = value[part]
    return value


def suggest_key(key: str, known: Sequence[str], present: Container[str]) -> tuple[str, str | None]:
    """Return what to write instead of an unknown key, and the known key that was meant.

    Args:
        key: the unknown one.
        known: the keys that the map can have.
        present: those that it has; a key that is there already is hardly what was meant.
    """
    free = [each for each in known if each not in present]
    plain = key.lower().replace("-", "_")
    targets, remark = meant_by(plain, tuple(known))
    if meant := [target for target in targets if target in free]:
        shown = ", ".join(meant[:-1]) + " or " + meant[-1] if len(meant) > 1 else meant[0]
        return f"here it is called {shown}" + (f" ({remark})" if remark else ""), meant[0]
    for parent, below in _BELOW.items():
        if key in below and parent in known:
            return f"it stands one level deeper: {parent}: {{{key}: ...}}", parent
    if close := nearest(key, free):
        return f'did you mean "{close}"?', close
    if plain == "register" and "deregister" in known:
        return "what registers needs no key of its own: put its request: or steps: here", None
    if plain in {"description", "comment", "note"}:
        return "write it as a comment (# ...)", None
    if plain == "timeout":
        return "one attempt is bounded by the endpoint's attempt_timeout, all by the policy's deadline", None
    return "known keys: " + ", ".join(known), None


def suggest_value(value: object, allowed: Sequence[str]) -> str:
    """Return which of the allowed values was meant, or all of them."""
    text = str(value)
    plain = text.lower().removeprefix("sig")
    folded = {one.lower().replace("_", "-"): one for one in allowed}
    same = folded.get(plain.replace("_", "-"))
    meant = value_meant_by(plain, tuple(allowed)) or same or nearest(text, allowed)
    return f'did you mean "{meant}"?' if meant else "one of: " + ", ".join(allowed)


@contextmanager
def bounded_suggestions() -> Iterator[None]:
    """Bound what is spent on similar words: each search costs its share, and after the last there are none."""
    before = _words_left.set([_MAX_WORDS])
    try:
        yield
    finally:
        _words_left.reset(before)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is spelt nearest, if one is near enough."""
    left = _words_left.get() or [_MAX_WORDS]
    if left[0] <= 0 or len(word) > _MAX_WORD_CHARS:
        return None
    words = list(known)
    left[0] -= len(words) + _WORDS_A_SEARCH
    if len(words) > _MAX_COMPARED:
        # Thorough comparing takes ten times as long as looking at the two ends.
        words = heapq.nsmallest(
            _MAX_COMPARED, words, key=lambda each: (-_equal_at_the_ends(word, each), each)
        )
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return close[0] if close else None


def _equal_at_the_ends(one: str, other: str) -> int:
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    pairs = zip(reversed(one), reversed(other), strict=False)
    return first + next((at for at, (a, b) in enumerate(pairs) if a != b), len(one))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a suggestion when one of the known words is close."""
    close = nearest(word, known)
    return f'did you mean "{close}"?' if close else None


def quoted(value: object) -> str:
    """Return a value for a message; a long one is cut."""
    # A number of thousands of digits has no text in Python.
    text = str(value) if not isinstance(value, int) or value.bit_length() < 1000 else "a very long number"
    return f'"{text[:57]}..."' if len(text) > 60 else f'"{text}"'


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {quoted(value)}"
        case list():
            return "a list"
        case _:
            return "a map"


def one_of(words: Iterable[str]) -> str:
    """Return an enumeration: "a, b or c"."""
    *first, last = words
    if not first:
        return last
    # "true or false" has its own "or".
    return ", ".join((*first, last)) if " or " in last else f"{', '.join(first)} or {last}"


def only_a_variable(key: str, wanted: str) -> tuple[str, str]:
    """Say of a key that another placeholder than a variable of its type stands there, and what to write."""
    message = f"{key} takes no other placeholder than a whole ${{var.name}}"
    return message, f"write the value, or ${{var.name}} of a variable of type {wanted}"
