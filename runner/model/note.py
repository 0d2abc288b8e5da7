"""What a run notes beside the ends of requests and registrations: a type for each thing that may be worth a line."""

from msgspec import Struct

from runner.language.terms import Reason
from runner.model.decision import Decided


class _Note(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Tagged in the events that are written, so that nobody has to read words."""


class Disproved(_Note, frozen=True, kw_only=True, tag="disproved"):
    """A request that may have taken effect has not, and this follows."""

    decided: Decided
    reason: Reason | None = None
    wait_s: float | None = None


class ClocksParted(_Note, frozen=True, kw_only=True, tag="clocks_parted"):
    """The wall clock and the loop's clock no longer agree; less than zero where the wall clock went back."""

    gap_s: float


class StepSkipped(_Note, frozen=True, kw_only=True, tag="step_skipped"):
    """A step that is asked for only sometimes is not asked for now."""

    step: str
    conditions: tuple[str, ...]


class BeatsMissed(_Note, frozen=True, kw_only=True, tag="beats_missed"):
    """So many beats in a row have failed that the registration may have expired."""

    missed: int
    cause: str


class BeatsAreLate(_Note, frozen=True, kw_only=True, tag="beats_are_late"):
    """The cadence of the heartbeats cannot be held."""

    hearts: int
    per_second: float
    """So many beats they ask for."""
    beats: int
    late: int
    """Of so many beats so many came late."""
    worst_s: float


class BeatsAreBack(_Note, frozen=True, kw_only=True, tag="beats_are_back"):
    """A beat succeeded after some that had not."""

    missed: int


class FoundRegistered(_Note, frozen=True, kw_only=True, tag="found_registered"):
    """A beat was taken of what nobody knew to be registered, or of what was lost."""

    was_lost: bool


class TriedLater(_Note, frozen=True, kw_only=True, tag="tried_later"):
    """What failed is tried again."""

    wait_s: float


class Repeated(_Note, frozen=True, kw_only=True, tag="repeated"):
    """The same failure came so many times more since it was last told."""

    times: int
    lasted_s: float


class AppIsReady(_Note, frozen=True, kw_only=True, tag="app_is_ready"):
    """The application answers as ``lifecycle.ready`` asks."""

    after_s: float


class AppIsNotReady(_Note, frozen=True, kw_only=True, tag="app_is_not_ready"):
    """The application does not yet."""

    target: str
    problem: str
    waited_s: float
    deadline_s: float


class ValuesAreStale(_Note, frozen=True, kw_only=True, tag="values_are_stale"):
    """The file's values cannot be read again."""


class KeepsRegistered(_Note, frozen=True, kw_only=True, tag="keeps_registered"):
    """The run goes on, and keeps what is registered."""


class NothingUndone(_Note, frozen=True, kw_only=True, tag="nothing_undone"):
    """Deregistering needs values that are not there."""


Note = (
    Disproved
    | ClocksParted
    | StepSkipped
    | BeatsMissed
    | BeatsAreLate
    | BeatsAreBack
    | FoundRegistered
    | TriedLater
    | Repeated
    | AppIsReady
    | AppIsNotReady
    | ValuesAreStale
    | KeepsRegistered
    | NothingUndone
)
