"""The catalog of codes: what each finding is about, why it is a mistake, and how to write it instead.

The entries stand in ``codes.toml`` beside this module and are read only when somebody asks for them. Tests hold
that every code has an entry, that each wrong example is refused with its code, and that each right one is not.
"""

import textwrap
from collections.abc import Mapping
from functools import cache
from importlib import resources

from msgspec import Struct

from runner.model.diagnostic import Severity
from runner.values.printable import printable

_WIDTH = 100


class Entry(Struct, frozen=True, kw_only=True):
    """What is said about one code."""

    code: str
    title: str
    why: str
    wrong: str | None
    """An example: the part of a file that matters, a whole file, or a command that makes one."""
    right: str | None
    kind: str = "part"
    """What the examples are: ``part`` of a file, a ``whole`` file, or a ``shell`` command that makes one."""

    @property
    def severity(self) -> Severity:
        """How much the finding weighs: the code's first letter says it."""
        return Severity.WARNING if self.code.startswith("W") else Severity.ERROR


@cache
def load_catalog() -> Mapping[str, Entry]:
    """Return all entries by their codes, in the order of the codes."""
    import tomllib  # noqa: PLC0415 - a check that finds nothing must not pay for it

    text = resources.files("runner.report").joinpath("codes.toml").read_text(encoding="utf-8")
    entries = (_entry(code, **written) for code, written in tomllib.loads(text).items())
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}


def _entry(
    code: str, *, title: str, why: str, wrong: str | None = None, right: str | None = None, kind: str = "part"
) -> Entry:
    joined = " ".join(why.split())
    return Entry(code=code, title=title, why=joined, wrong=wrong, right=right, kind=kind)


def as_text(entry: Entry) -> str:
    """Return an entry for a terminal."""
    lines = [f"{entry.severity}[{entry.code}]: {entry.title}", "", *textwrap.wrap(entry.why, _WIDTH)]
    for word, example in _examples(entry):
        lines += ["", f"{word}:", textwrap.indent(_printable(example), "    ")]
    return "\n".join(lines)


def as_markdown(entry: Entry) -> str:
    """Return an entry for a page, without its heading."""
    language = "sh" if entry.kind == "shell" else "yaml"
    parts = [entry.why]
    for word, example in _examples(entry):
        parts.append(f"{word.capitalize()}:\n\n```{language}\n{_printable(example)}\n```")
    return "\n\n".join(parts)


def _examples(entry: Entry) -> list[tuple[str, str]]:
    """The examples there are, each with its word."""
    words = ("made by", "mended by") if entry.kind == "shell" else ("wrong", "right")
    both = zip(words, (entry.wrong, entry.right), strict=True)
    return [(word, example.rstrip("\n")) for word, example in both if example]


def _printable(example: str) -> str:
    """Write out the characters that an example is about and no terminal should get."""
    return "\n".join(map(printable, example.split("\n")))
