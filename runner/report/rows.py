"""The rows of a running run as lines of a terminal: one a registration, or one a state where they are many.

Pure: rows, a moment and a size in, lines out. A line is pieces of text with a tone; which colour a tone has is
an adapter's business. Cells keep their places while numbers count, so that nothing on the screen jumps.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from runner.language.terms import OutcomeState, VerbName
from runner.language.units import format_duration
from runner.model.outcome import Beats
from runner.report.progress import Row, RowPhase

Piece = tuple[str, str]
"""Text, and its tone: good, bad, busy, faint or none."""
Line = list[Piece]

MAX_ROWS = 20
"""More rows than this are read by nobody: they are counted instead."""
_GAP = "  "
_STATE_CHARS = len("again in 1m05s")
_TRY_CHARS = 4
_CLOCK_CHARS = len("1m05s")
_MIN_CAUSE_CHARS = 30
_MAX_LINES_OF_CAUSES = 8
_COUNTED_FROM_S = 1.0
_AGAIN = "trying again"
_DOING = {
    VerbName.REGISTER: "registering",
    VerbName.VERIFY: "verifying",
    VerbName.HEARTBEAT: "keeping",
    VerbName.DEREGISTER: "deregistering",
}


def lines_of(rows: Sequence[Row], now_s: float, width: int, height: int) -> list[Line]:
    """Return what a terminal shows of a run.

    Args:
        rows: of all registrations, in the order of the file.
        now_s: seconds since the run began.
        width: how many characters a line may have.
        height: how many lines there may be.
    """
    if len(rows) > min(MAX_ROWS, height):
        lines = _groups(rows, now_s, width)
    else:
        widths = _widths(rows, width)
        below = widths.cause < _MIN_CAUSE_CHARS and 2 * len(rows) <= min(_MAX_LINES_OF_CAUSES, height)
        standing = {row.name for row in rows if row.succeeded}
        lines = [line for row in rows for line in _lines(row, now_s, widths, standing, below=below)]
    return [_fit(line, width) for line in lines[: max(1, height)]]


class _Widths(Struct, frozen=True):
    """How many characters each cell has that depends on the registrations; what is left is the cause's."""

    name: int
    of_class: int
    elapsed: int
    cause: int


def _widths(rows: Sequence[Row], width: int) -> _Widths:
    name = min(max(len(row.name) for row in rows), max(12, width // 3))
    of_class = min(max(11, *(len(row.class_name or "") for row in rows), 0), max(11, width // 5))
    elapsed = max(len(_bound(row)) for row in rows) + _CLOCK_CHARS
    taken = name + _STATE_CHARS + of_class + _TRY_CHARS + elapsed + 5 * len(_GAP)
    return _Widths(name, of_class, elapsed, width - taken)


def _lines(row: Row, now_s: float, widths: _Widths, standing: set[str], *, below: bool) -> Iterator[Line]:
    """A registration's line, and its cause beside it, below it, or not at all where there is no room."""
    state, tone = _state(row, now_s)
    line: Line = [(_cell(row.name, widths.name), ""), (_GAP + state.ljust(_STATE_CHARS) + _GAP, tone)]
    if row.phase is RowPhase.NOT_BEGUN:
        yield [*line, (_needs(row, standing), "faint")]
        return
    tries = f"#{row.attempt}" if row.attempt else ""
    line += [
        (_cell(row.class_name or "", widths.of_class), tone if row.phase is RowPhase.ENDED else ""),
        (f"{_GAP}{tries.rjust(_TRY_CHARS)}{_GAP}", "faint"),
        (_elapsed(row, now_s).ljust(widths.elapsed), "faint"),
    ]
    words = "; ".join(filter(None, (_beats(row.beats), row.cause)))
    if words and widths.cause >= _MIN_CAUSE_CHARS:
        line.append((_GAP + _cell(words, widths.cause), "faint"))
    yield line
    if words and below:
        yield [(f"{_GAP}{words}", "faint")]


def _beats(beats: Beats | None) -> str:
    """What has come of a heartbeat; the time of a beat changes at its cadence, and how long it is ago all the time."""
    if beats is None:
        return ""
    last = "no good beat yet" if beats.last_good_at is None else f"good beat {beats.last_good_at:%H:%M:%S}"
    return f"{last}, {beats.sent} sent, {beats.missed} missed"


def _state(row: Row, now_s: float) -> Piece:
    """A row's state in a word or two, and its tone."""
    match row.phase:
        case RowPhase.NOT_BEGUN:
            return "not begun", "faint"
        case RowPhase.TRYING | RowPhase.WAITING if not _counts_down(row):
            return (_AGAIN, "busy") if row.class_name else (_DOING[row.verb], "")
        case RowPhase.WAITING:
            return f"again in {clock(row.next_try_s - now_s)}", "busy"
    return _end(row)


def _counts_down(row: Row) -> bool:
    """Whether a wait is long enough to be watched: shorter ones would only make the screen restless."""
    return row.phase is RowPhase.WAITING and row.wait_s >= _COUNTED_FROM_S


def _end(row: Row) -> Piece:
    if row.succeeded:
        undone = row.outcome is OutcomeState.DEREGISTERED
        if row.standing and row.standing != row.outcome:
            return row.standing, "busy"
        return ("deregistered" if undone else "registered"), "good"
    bad = row.outcome is not None and row.outcome.is_failure
    return str(row.outcome), "bad" if bad else "busy"


def _needs(row: Row, standing: set[str]) -> str:
    missing = [name for name in row.needs if name not in standing]
    return f"needs {', '.join(missing)}" if missing else ""


def _elapsed(row: Row, now_s: float) -> str:
    """How long it is under way, against its deadline; or how long it took."""
    if row.phase is RowPhase.ENDED:
        return clock(row.ended_s - row.started_s).rjust(_CLOCK_CHARS) if row.ended_s > row.started_s else ""
    return clock(now_s - row.started_s).rjust(_CLOCK_CHARS) + _bound(row)


def _bound(row: Row) -> str:
    return f" of {format_duration(row.deadline_s)}" if row.deadline_s is not None else ""


def clock(seconds: float) -> str:
    """Return a time that counts, in at most five characters for an hour: 1.2s, 12s, 1m05s."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f}s"
    if round(seconds) < 60:
        return f"{round(seconds)}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"


def _groups(rows: Sequence[Row], now_s: float, width: int) -> list[Line]:
    """How many registrations are in which state, what is registered first and what has not begun last."""
    groups: dict[tuple[int, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault(_group(row), []).append(row)
    bounds = [row.deadline_s for row in rows if row.deadline_s is not None]
    beats = [row.beats for row in rows if row.beats is not None]
    most = f", each at most {format_duration(max(bounds))}" if bounds else ""
    if beats:
        most = f", {sum(each.sent for each in beats)} beats sent, {sum(each.missed for each in beats)} missed"
    digits = len(str(len(rows)))
    head: Line = [(f"{len(rows)} registrations", ""), (f", {clock(now_s)}{most}", "faint")]
    return [head, *(_count(*key[1:], groups[key], digits, width) for key in sorted(groups))]


def _group(row: Row) -> tuple[int, str, str]:
    """The place of a row's group among the others, its words, and its tone."""
    of_class = f" ({row.class_name})" if row.class_name else ""
    match row.phase:
        case RowPhase.NOT_BEGUN:
            return 5, "not begun", "faint"
        case RowPhase.TRYING | RowPhase.WAITING:  # apart, they would change places all the time
            return (2, f"{_AGAIN}{of_class}", "busy") if of_class else (3, _DOING[row.verb], "")
    words, tone = _end(row)
    return ({"good": 0, "bad": 1}.get(tone, 4), words if tone == "good" else f"{words}{of_class}", tone)


def _count(words: str, tone: str, rows: Sequence[Row], digits: int, width: int) -> Line:
    line: Line = [(f"{len(rows):>{digits + 2}} {words}", tone)]
    if tone != "good":
        taken = sum(len(text) for text, _ in line)
        line.append((_names((row.name for row in rows), width - taken), "faint"))
    return line


def _names(names: Iterable[str], width: int) -> str:
    """As many names as there is room for."""
    text = ""
    for name in names:
        longer = f"{text}, {name}" if text else f": {name}"
        if len(longer) > width - len(", .."):
            return f"{text}, .." if text else ""
        text = longer
    return text


def _cell(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: max(0, width - 2)]}.."


def _fit(line: Line, width: int) -> Line:
    """Cut a line at the end of the screen: one that wraps would be two."""
    fitted: Line = []
    for text, tone in line:
        left = width - sum(len(piece) for piece, _ in fitted)
        fitted.append((text[: max(0, left)], tone))
    return [piece for piece in fitted if piece[0]]
