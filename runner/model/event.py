"""What happens while a run is on, one record an event.

The engine tells these and knows nothing of logs, terminals or files: logging is a reporter. They have fields and no
sentences: what is said of them is made in ``report``.
"""

from enum import StrEnum

from msgspec import Struct

from runner.language.terms import OutcomeState, Reason, TransportKind, VerbName
from runner.model.decision import Decided
from runner.model.note import Note
from runner.model.why import Why


class EventKind(StrEnum):
    """The events a run can tell; the names are stable keys of the log."""

    RUN_STARTED = "run_started"
    REGISTRATION_STARTED = "registration_started"
    STEP_SUCCEEDED = "step_succeeded"
    ATTEMPT_FAILED = "attempt_failed"
    REGISTRATION_FINISHED = "registration_finished"
    REGISTRATION_LOST = "registration_lost"
    NOTE = "note"
    RUN_FINISHED = "run_finished"


class Level(StrEnum):
    """How loud an event is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class RunEvent(Struct, frozen=True, kw_only=True):
    """One event; fields that do not apply are none."""

    event: EventKind
    level: Level
    elapsed_s: float
    registration: str | None = None
    verb: VerbName | None = None
    step: str | None = None
    attempt: int | None = None
    method: str | None = None
    class_name: str | None = None
    status: int | None = None
    error_kind: TransportKind | None = None
    cause: str | None = None
    """What went wrong with the request, or with the registration."""
    why: Why | None = None
    """What else there is to say of the end of a registration, or instead of its cause."""
    server_message: str | None = None
    remark: str | None = None
    """Something odd about the answer that decided nothing."""
    decided: Decided | None = None
    wait_s: float | None = None
    request_id: str | None = None
    outcome: OutcomeState | None = None
    reason: Reason | None = None
    requests: int | None = None
    """How many were made for the registration that ended."""
    note: Note | None = None
    exit_status: int | None = None
    last: bool = False
    """Nothing more is sent for the registration: its end is told next, usually with the same cause."""
    place: str | None = None
    """file:line:col of the YAML that the event is about."""
