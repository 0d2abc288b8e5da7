"""Comments that silence a warning where somebody has thought about it.

    when: always  # enlist: ignore[W512] there is one replica only

The comment stands at the end of the line that the warning names, or alone on the line above. It says why, because
the next reader will ask; and one that silences nothing is a warning itself, or they would pile up. Errors
cannot be silenced.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct

from runner.config.lint.warning import CODES, warning
from runner.config.read.source import SourceTree
from runner.language.span import Span
from runner.model.diagnostic import Diagnostic

_COMMENT = re.compile(r"(?:^|(?<=\s))#(?:[^#]*\s)?enlist:\s*ignore\b\s*(?:\[([^\]]*)\])?\s*(.*)$")


Place = tuple[int, int]
"""A line and a column."""


class _Suppression(Struct, frozen=True):
    """One comment."""

    span: Span
    line: int
    """The line whose warnings it silences."""
    codes: tuple[str, ...]
    reason: str


def suppress(found: Iterable[Diagnostic], tree: SourceTree) -> Iterator[Diagnostic]:
    """Yield the warnings that no comment silences, and those about the comments."""
    suppressions = list(_suppressions(tree))
    silenced: set[tuple[int, str]] = set()
    by_line = {
        (each.span.file, each.line, code)
        for one in (tree, *tree.recipes)
        for each in (suppressions if one is tree else _suppressions(one))
        for code in each.codes
        if each.reason
    }
    for finding in found:
        # What stands in a recipe is silenced there, or where the file uses it.
        places = {(span.file, span.line, finding.code) for span in (finding.span, *finding.span.used)}
        if here := places & by_line:
            silenced |= {(line, code) for file, line, code in here if file == tree.file}
        else:
            yield finding
    for suppression in suppressions:
        yield from _idle(suppression, silenced)


def _idle(suppression: _Suppression, silenced: set[tuple[int, str]]) -> Iterator[Diagnostic]:
    if not suppression.codes:
        hint = "write # enlist: ignore[W512] and why"
        yield warning("W520", suppression.span, "this comment names no warning", hint)
    elif not suppression.reason:
        hint = f"write why: # enlist: ignore[{', '.join(suppression.codes)}] the reason"
        yield warning("W520", suppression.span, "this comment gives no reason, and silences nothing", hint)
    else:
        for code in suppression.codes:
            if code in CODES and (suppression.line, code) not in silenced:
                message = f"there is no {code} on line {suppression.line} to silence"
                hint = "remove the comment" if len(suppression.codes) == 1 else f"remove {code} from it"
                yield warning("W520", suppression.span, message, hint)
            elif code not in CODES:
                why = "errors cannot be silenced" if code.startswith("E") else f"there is no warning {code}"
                yield warning("W520", suppression.span, why, "remove the comment, or correct the code")


def _suppressions(tree: SourceTree) -> Iterator[_Suppression]:
    texts: list[tuple[Place, Place]] | None = None
    for number, line in enumerate(tree.lines, start=1):
        # Asked first because it is quick, and hardly any line has one.
        if "enlist:" not in line or (comment := _COMMENT.search(line)) is None:
            continue
        span = Span(tree.file, number, comment.start() + 1, number, len(line.rstrip()) + 1)
        if texts is None:
            texts = _texts(tree)
        if _is_within_a_text(span, texts):
            continue
        codes = tuple(code.strip() for code in (comment[1] or "").split(",") if code.strip())
        target = number if line[: comment.start()].strip() else number + 1
        yield _Suppression(span, target, codes, comment[2].strip())


def _texts(tree: SourceTree) -> list[tuple[Place, Place]]:
    """Return where the values begin and end that hold no others, in their order."""
    return sorted(
        ((place.value.line, place.value.column), (place.value.end_line, place.value.end_column))
        for place in tree.places.values()
        if not place.holds_more
    )


def _is_within_a_text(span: Span, texts: list[tuple[Place, Place]]) -> bool:
    """Whether what looks like a comment is a part of a value, as in a block of text."""
    start = (span.line, span.column)
    before = bisect_right(texts, start, key=lambda text: text[0])
    return before > 0 and start < texts[before - 1][1]
