"""What happened beside what would have: an earlier run, and the file as it is now with the same answers."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from runner.language.units import format_duration
from runner.model.decision import Decided
from runner.model.outcome import Attempt, Outcome, Report
from runner.report.lost import answer_of, is_lost, place_of
from runner.report.story import why_of
from runner.report.summary import REASONS
from runner.values.printable import printable

_SAME_S = 0.0015
"""Waits are reported in milliseconds."""
_FOLDED_FROM = 4
_MAX_CHARS = 63


class Pair(Struct, frozen=True, kw_only=True):
    """One recorded answer: what was made of it then, and now; none where it was, or is, not asked for."""

    then: Attempt | None
    now: Attempt | None
    place: str = ""
    """Where the file declares the class that takes it now."""


class Compared(Struct, frozen=True, kw_only=True):
    """One registration, then and now."""

    name: str
    then: Outcome | None
    now: Outcome | None
    pairs: Sequence[Pair]
    undecided: str | None = None
    """Why nobody knows how it would have ended."""


class Replay(Struct, frozen=True, kw_only=True):
    """A whole run, then and now."""

    recorded: Report
    source: str
    file: str
    same_file: bool
    compared: Sequence[Compared]
    exit_status: int | None
    """Now; none when nobody knows."""
    assumed: Sequence[str]


def render_replay(this: Replay) -> str:
    """Return the comparison as text."""
    began = f"{this.recorded.started_at:%Y-%m-%d %H:%M:%S %Z}".strip()
    changed = "which is the same" if this.same_file else "which has changed since"
    now = "not decided" if this.exit_status is None else this.exit_status
    interrupted = " (interrupted)" if this.recorded.interrupted else ""
    lines = [
        f"then  {this.source}: a run of {this.recorded.file}, {began}",
        f"now   {this.file}, {changed}; same answers, virtual time",
        *(line for each in this.compared for line in ("", *_registration(each))),
        "",
        *(f"assumed: {each}" for each in this.assumed),
        f"exit status: {this.recorded.exit_status}{interrupted} then, {now} now",
    ]
    return "\n".join(map(printable, lines))


def _registration(this: Compared) -> Iterator[str]:
    yield _short(this.name)
    if this.pairs:
        yield from _table(this.pairs)
    yield f"then  {_end(this.then) if this.then else 'not in the recording'}"
    if this.undecided is not None:
        yield f"now   not decided: {this.undecided}"
    else:
        yield f"now   {_end(this.now) if this.now else 'not in the file any more'}"
    if this.now is not None:
        yield _parting(this)


def _end(outcome: Outcome) -> str:
    count = outcome.requests
    cause = ", ".join(
        part for part in (outcome.class_name, REASONS[outcome.reason] if outcome.reason else None) if part
    )
    parts = [
        f"{outcome.state}: {cause or why_of(outcome)}" if cause or why_of(outcome) else outcome.state,
        f"{count} request{'' if count == 1 else 's'} in {format_duration(outcome.ended_s - outcome.started_s)}",
        f"exit status {outcome.exit_status}",
    ]
    return "; ".join(parts if count else (parts[0], parts[2]))


def _parting(this: Compared) -> str:
    for number, pair in enumerate(this.pairs, start=1):
        if not _is_same(pair):
            where = f" ({pair.place})" if pair.place else ""
            asked = pair.now or pair.then
            place = place_of(asked) if asked else ""
            return (
                f"they part at {number}, {place}: then {_made_of(pair.then)}; now {_made_of(pair.now)}{where}"
            )
    if this.undecided is None and this.then is not None and this.now is not None:
        then, now = (
            (end.state, end.class_name, end.reason, end.exit_status) for end in (this.then, this.now)
        )
        if then != now:
            return "they part at the end"
    return "they part nowhere" if this.undecided is None else "they do not part before that"


def _is_same(pair: Pair) -> bool:
    if pair.then is None or pair.now is None or pair.then.class_name != pair.now.class_name:
        return False
    waits = (pair.then.wait_s, pair.now.wait_s)
    alike = abs((waits[0] or 0.0) - (waits[1] or 0.0)) <= _SAME_S
    return _kind(pair.then) == _kind(pair.now) and alike


def _kind(attempt: Attempt | None) -> str:
    if attempt is None or attempt.class_name is None:
        return ""
    if attempt.wait_s is not None:
        return "anew in" if attempt.decided is Decided.START_OVER else "wait"
    return "end" if is_lost(attempt) else "ok"


def _made_of(attempt: Attempt | None) -> str:
    if attempt is None:
        return "not asked"
    if attempt.class_name is None:
        return "ok"
    wait = "" if attempt.wait_s is None else f" {format_duration(attempt.wait_s)}"
    return f"{_short(attempt.class_name)}, {_kind(attempt)}{wait}"


def _table(pairs: Sequence[Pair]) -> Iterator[str]:
    rows = [("#", "request", "answer", "then", "now")]
    numbered = list(enumerate(pairs, start=1))
    for _, group in groupby(numbered, key=lambda item: _alike(item[1])):
        alike = list(group)
        shown = alike if len(alike) < _FOLDED_FROM else [alike[0], alike[-1]]
        for number, pair in shown:
            asked = pair.then or pair.now
            if asked is not None:
                request = _short(asked.step if asked.verb == "register" else place_of(asked))
                cells = (request, answer_of(asked), _made_of(pair.then), _made_of(pair.now))
                rows.append((str(number), *cells))
            if len(alike) > len(shown) and number == alike[0][0]:
                rows.append(("", f"... {len(alike) - 2} more alike", "", "", ""))
    widths = [
        max(len(row[column]) for row in rows if row[0] or column == 0) for column in range(len(rows[0]))
    ]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip() if row[0] else f"{' ' * widths[0]}  {row[1]}"


def _alike(pair: Pair) -> tuple[str, ...]:
    asked = pair.then or pair.now
    said = (place_of(asked), answer_of(asked)) if asked else ()
    return (
        *said,
        str(_is_same(pair)),
        *(f"{each.class_name} {_kind(each)}" if each else "" for each in (pair.then, pair.now)),
    )


def _short(text: str) -> str:
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 3] + "..."
