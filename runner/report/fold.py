"""Folds repeated identical failures: a server that refuses for a minute is one fact and not 200 lines.

The first of a row is told at once, then one note every ten seconds, and how many there were when
something else happens. The attempt that ends a registration is told by that end, in one line; it is
kept for those who debug. Nothing is lost: the attempts are all in the report.
"""

from msgspec import Struct
from msgspec.structs import replace

from runner.model.event import EventKind, Level, RunEvent
from runner.model.note import Repeated
from runner.ports import Reporter

SILENCE_S = 10.0


class _Row(Struct, frozen=True):
    """Failures of one registration that were all the same."""

    first: RunEvent
    last: RunEvent
    untold: int
    told_at_s: float


class FoldingReporter:
    """Passes events on, with rows of identical failures folded."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._rows: dict[str, _Row] = {}
        self._held: RunEvent | None = None
        """The attempt that ends a registration; the engine tells the end next, without a pause."""

    def on_event(self, event: RunEvent) -> None:
        """Pass an event on, or count it."""
        self._release(event)
        name = event.registration or ""
        row = self._rows.get(name)
        if row is not None and _same(row.first, event):
            self._rows[name] = row = replace(row, last=event, untold=row.untold + 1)
            if event.elapsed_s - row.told_at_s >= SILENCE_S:
                self._rows[name] = self._tell(row)
            return
        if row is not None and row.untold:
            self._tell(row)
        self._rows.pop(name, None)
        if event.last:
            self._held = event
            return
        if event.event is EventKind.ATTEMPT_FAILED and event.reason is None:
            self._rows[name] = _Row(event, event, 0, event.elapsed_s)
        self._reporter.on_event(event)

    def _release(self, following: RunEvent) -> None:
        """Pass on the attempt that was held, quietly when what follows says the same."""
        held, self._held = self._held, None
        if held is not None:
            level = Level.DEBUG if _ends(held, following) else held.level
            self._reporter.on_event(replace(held, level=level))

    def _tell(self, row: _Row) -> _Row:
        repeated = Repeated(times=row.untold, lasted_s=row.last.elapsed_s - row.told_at_s)
        self._reporter.on_event(replace(row.last, event=EventKind.NOTE, level=Level.INFO, note=repeated))
        return replace(row, untold=0, told_at_s=row.last.elapsed_s)


def _ends(attempt: RunEvent, end: RunEvent) -> bool:
    """Whether a registration ends with the failure of an attempt."""

    def key(event: RunEvent) -> tuple[object, ...]:
        return (event.registration, event.verb, event.step, event.class_name)

    return end.event is EventKind.REGISTRATION_FINISHED and key(attempt) == key(end)


def _same(one: RunEvent, other: RunEvent) -> bool:
    """Whether two failures say the same: all but their number, their time, their wait and their id."""

    def key(event: RunEvent) -> tuple[object, ...]:
        said = (event.cause, event.server_message, event.remark)
        return (event.event, event.verb, event.step, event.class_name, event.status, event.reason, *said)

    return one.event is EventKind.ATTEMPT_FAILED and key(one) == key(other)
