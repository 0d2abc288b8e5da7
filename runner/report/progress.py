"""The state of each registration of a run: events in, one row a registration out.

Pure, and it knows no terminal: what a row looks like is ``rows``' business, where it is drawn an adapter's.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from runner.language.terms import OutcomeState, VerbName
from runner.model.event import EventKind, RunEvent
from runner.model.outcome import Beats, Outcome
from runner.model.plan import Registration
from runner.ports import Reporter
from runner.report.story import cause_of, end_cause_of


class RowPhase(StrEnum):
    """What a registration is doing."""

    NOT_BEGUN = "not begun"
    TRYING = "trying"
    WAITING = "waiting"
    ENDED = "ended"


class Row(Struct, frozen=True, kw_only=True):
    """One registration; times are seconds since the run began."""

    name: str
    needs: tuple[str, ...] = ()
    deadline_s: float | None = None
    last_step: str = ""
    """The step of ``register`` after which the verification begins."""
    verifies: bool = False
    phase: RowPhase = RowPhase.NOT_BEGUN
    verb: VerbName = VerbName.REGISTER
    attempt: int = 1
    """Which request of the step is under way, or ended it; 0 where none did."""
    class_name: str | None = None
    cause: str | None = None
    wait_s: float = 0.0
    next_try_s: float = 0.0
    started_s: float = 0.0
    ended_s: float = 0.0
    outcome: OutcomeState | None = None
    beats: Beats | None = None
    """What has come of its heartbeat, while it is kept."""
    standing: str = ""
    """How it is while it is kept, in a word or two."""

    @property
    def succeeded(self) -> bool:
        """Whether it ended as was asked for."""
        return self.outcome is not None and self.outcome.succeeded


_OF_A_BEAT = {EventKind.ATTEMPT_FAILED, EventKind.STEP_SUCCEEDED}


def begin(registrations: Mapping[str, Registration], *, undo: bool) -> dict[str, Row]:
    """Return the rows of a run before anything has happened, in the order of the file."""
    return {each.name: _undone(each) if undo else _registered(each) for each in registrations.values()}


def _registered(registration: Registration) -> Row:
    return Row(
        name=registration.name,
        needs=registration.needs,
        deadline_s=registration.policy.deadline_s,
        last_step=registration.register.steps[-1].name,
        verifies=registration.verify is not None,
    )


def _undone(registration: Registration) -> Row:
    verb = registration.deregister
    policy = (verb.policy if verb else None) or registration.policy
    return Row(name=registration.name, deadline_s=policy.deadline_s, verb=VerbName.DEREGISTER)


def advance(row: Row, event: RunEvent) -> Row:
    """Return a registration's row after an event about it; a beat leaves it standing as it is."""
    if event.verb is VerbName.HEARTBEAT and event.event in _OF_A_BEAT:
        return row
    match event.event:
        case EventKind.REGISTRATION_STARTED:
            return replace(row, phase=RowPhase.TRYING, started_s=event.elapsed_s)
        case EventKind.ATTEMPT_FAILED if event.reason is None and event.wait_s is not None:
            return _failed(row, event, event.wait_s)
        case EventKind.ATTEMPT_FAILED | EventKind.STEP_SUCCEEDED if not event.last:
            return _next_step(row, event)
        case EventKind.REGISTRATION_FINISHED:
            return _ended(row, event)
        case _:
            return row


def _failed(row: Row, event: RunEvent, wait_s: float) -> Row:
    return replace(
        row,
        phase=RowPhase.WAITING,
        verb=event.verb or row.verb,
        attempt=event.attempt or row.attempt,
        class_name=event.class_name,
        cause=cause_of(event),
        wait_s=wait_s,
        next_try_s=event.elapsed_s + wait_s,
    )


def _next_step(row: Row, event: RunEvent) -> Row:
    """A step is done with, or must not be repeated: another step follows, or the verification."""
    registered = event.verb is VerbName.REGISTER and (event.step == row.last_step or event.reason is not None)
    verb = VerbName.VERIFY if registered and row.verifies else event.verb or row.verb
    return replace(row, phase=RowPhase.TRYING, verb=verb, attempt=1, class_name=None, cause=None)


def _ended(row: Row, event: RunEvent) -> Row:
    begun = row.phase is not RowPhase.NOT_BEGUN
    succeeded = event.outcome is not None and event.outcome.succeeded
    return replace(
        row,
        phase=RowPhase.ENDED,
        attempt=event.attempt or 0,
        class_name=event.class_name,
        cause=None if succeeded else end_cause_of(event),
        started_s=row.started_s if begun else event.elapsed_s,
        ended_s=event.elapsed_s,
        outcome=event.outcome,
    )


def at(row: Row, now_s: float) -> Row:
    """Return a row as it is at a moment: the end of a wait is no event, and the next try follows."""
    if row.phase is RowPhase.WAITING and now_s >= row.next_try_s:
        return replace(row, phase=RowPhase.TRYING, attempt=row.attempt + 1)
    return row


def kept(row: Row, outcome: Outcome | None) -> Row:
    """Return a row with what has come of its beats, which are too many for an event each."""
    if outcome is None or outcome.beats is None or row.phase is not RowPhase.ENDED or outcome.deregistration:
        return row
    return replace(row, beats=outcome.beats, standing=outcome.standing)


def is_worth_a_line(event: RunEvent) -> bool:
    """Whether an event is to stay on the screen where the rows show all others: ends, proofs, notes."""
    match event.event:
        case EventKind.ATTEMPT_FAILED:
            return event.reason is not None
        case EventKind.STEP_SUCCEEDED:
            return event.verb is VerbName.VERIFY
        case EventKind.REGISTRATION_FINISHED:
            return event.outcome is not None and event.outcome.is_failure
        case _:
            return event.event in {EventKind.NOTE, EventKind.REGISTRATION_LOST}


class ProgressReporter:
    """Keeps the rows up to date, and passes on to the log what the rows do not show."""

    def __init__(
        self, rows: dict[str, Row], log: Reporter, clock: Callable[[], float], *, log_all: bool
    ) -> None:
        """Begin a run.

        Args:
            rows: what ``begin`` gives.
            log: writes lines above the rows.
            clock: the loop's; events tell how far it is into the run.
            log_all: whether every event is a line too, for those who debug.
        """
        self._rows = rows
        self._log = log
        self._clock = clock
        self._log_all = log_all
        self._began_s = clock()
        self.outcomes: Callable[[], Iterable[Outcome]] = tuple
        """Tells how each registration is now."""

    def on_event(self, event: RunEvent) -> None:
        """Take note of an event."""
        self._began_s = self._clock() - event.elapsed_s
        row = self._rows.get(event.registration or "")
        if row is not None:
            self._rows[row.name] = advance(row, event)
        if self._log_all or is_worth_a_line(event):
            self._log.on_event(event)

    def now(self) -> tuple[list[Row], float]:
        """Return the rows as they are now, and how many seconds the run is old."""
        now_s = self._clock() - self._began_s
        outcomes = {each.registration: each for each in self.outcomes()}
        return [kept(at(row, now_s), outcomes.get(row.name)) for row in self._rows.values()], now_s
