"""How a run ended: one outcome a registration, every attempt kept.

Outcomes are data and not exceptions, so that a report can say what happened first, what last, and
what it cost.
"""

from datetime import datetime
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

from runner.language.span import Span
from runner.language.terms import OutcomeState, Processed, Reason, TransportKind, VerbName
from runner.model.decision import Decided
from runner.model.secret import Text
from runner.model.why import Why


class ExitStatus(IntEnum):
    """The exit statuses of ``run``; those from 70 on follow sysexits.h where it has a word."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    BUG = 70
    UNKNOWN = 74
    TRANSIENT = 75
    REJECTED = 76
    DENIED = 77
    CONFIG = 78
    INTERRUPTED = 130


_NO_REQUEST = {TransportKind.REQUEST_INVALID, TransportKind.INVALID_URL}


class Attempt(Struct, frozen=True, kw_only=True):
    """One request, from first byte to verdict; times are seconds since the run began."""

    verb: VerbName
    step: str
    number: int
    """Counts the requests of this step within the run, from 1."""
    method: str
    url: str
    started_s: float
    ended_s: float
    status: int | None = None
    error_kind: TransportKind | None = None
    processed: Processed | None = None
    class_name: str | None = None
    """The failure class that took it; none when the attempt succeeded."""
    message: str | None = None
    decided: Decided | None = None
    reason: Reason | None = None
    """Why it was decided not to try again."""
    wait_s: float | None = None
    """The wait before the next attempt, when there is one."""
    request_id: str | None = None
    retry_after_s: float | None = None
    """How long the server asked to wait."""
    body: Text | None = None
    """The answer's body where the file wants it kept; secret until it is masked at the end of the run."""
    body_note: str | None = None
    """Why there is no body, or only its beginning, where one might be expected."""


MISSING_FROM = 3
"""So many beats missed in a row are a state of their own: most leases last for three."""


class Beats(Struct, frozen=True, kw_only=True):
    """What has come of a registration's heartbeat in this process."""

    sent: int = 0
    missed: int = 0
    missed_in_a_row: int = 0
    last_good_at: datetime | None = None
    """The time of day of the last one that was taken."""

    def with_one(self, *, good_at: datetime | None) -> "Beats":
        """Return what it is after one more beat, which was good, or missed where there is no time."""
        if good_at is not None:
            return replace(self, sent=self.sent + 1, missed_in_a_row=0, last_good_at=good_at)
        return replace(
            self, sent=self.sent + 1, missed=self.missed + 1, missed_in_a_row=self.missed_in_a_row + 1
        )


class Outcome(Struct, frozen=True, kw_only=True):
    """How one registration ended."""

    registration: str
    state: OutcomeState
    required: bool
    span: Span
    """Where the file says what failed: the step, or the registration."""
    started_s: float = 0.0
    ended_s: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    verb: VerbName | None = None
    step: str | None = None
    class_name: str | None = None
    class_span: Span | None = None
    """The line that declares the class, unless it is built in."""
    reason: Reason | None = None
    message: str | None = None
    """The cause of the failure that ended it."""
    why: Why | None = None
    """What else there is to say of that, or instead of it."""
    server_message: str | None = None
    hint: str | None = None
    exit_status: int = ExitStatus.OK
    retry_not_before: datetime | None = None
    """When the server asked to be called again, if that was later than we may wait."""
    deregistration: OutcomeState | None = None
    """How undoing it ended, where that was tried; what had failed before stays the outcome all the same."""

    beats: Beats | None = None
    """Of its heartbeat, once that has begun."""

    @property
    def standing(self) -> str:
        """How it stands in a word or two, for those who watch it."""
        missing = self.beats is not None and self.beats.missed_in_a_row >= MISSING_FROM
        return "missing beats" if self.state.is_active and missing else self.state.value

    @property
    def is_first_cause(self) -> bool:
        """Whether it says why something failed, which no deregistration afterwards makes undone."""
        return not self.state.succeeded and self.exit_status != ExitStatus.INTERRUPTED

    def undone_by(self, deregistered: "Outcome") -> "Outcome":
        """Return what is told of it once it has been deregistered, or once that has failed."""
        told = self if self.is_first_cause else deregistered
        return replace(
            told,
            started_s=self.started_s,
            ended_s=deregistered.ended_s,
            attempts=(*self.attempts, *deregistered.attempts),
            deregistration=deregistered.state,
            beats=self.beats,
        )

    @property
    def requests(self) -> int:
        """How many requests were made; one that has no text, or none that can be sent, is none."""
        return sum(attempt.error_kind not in _NO_REQUEST for attempt in self.attempts)

    @property
    def has_place(self) -> bool:
        """Whether its span is where the file says what failed, and not just the registration."""
        return (self.class_name, self.verb, self.reason) != (None, None, None)

    @property
    def last_failure(self) -> Attempt | None:
        """The last attempt that failed, if any did."""
        return next((a for a in reversed(self.attempts) if a.class_name is not None), None)

    @property
    def deciding(self) -> Attempt | None:
        """The attempt that ended it, if one did: a verification may have been tried after it."""
        cause = (self.verb, self.step, self.class_name)
        same = (a for a in reversed(self.attempts) if (a.verb, a.step, a.class_name) == cause)
        return None if self.class_name is None else next(same, None)


class Report(Struct, frozen=True, kw_only=True):
    """How a whole run ended."""

    file: str
    plan_sha256: str
    enlist_version: str
    started_at: datetime
    elapsed_s: float
    exit_status: int
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
