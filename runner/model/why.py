"""Why a registration ended as it did, where that is more than what its last attempt came to: a type for each."""

from msgspec import Struct

from runner.language.terms import OutcomeState


class _Why(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Tagged where it is written."""


class NotTried(_Why, frozen=True, kw_only=True, tag="not_tried"):
    """Others have found that nobody answers; the cause is theirs."""


class FoundNothing(_Why, frozen=True, kw_only=True, tag="found_nothing"):
    """A request may have taken effect, and the verification finds nothing of it."""


class Forgotten(_Why, frozen=True, kw_only=True, tag="forgotten"):
    """It was registered again so many times without a good beat."""

    times: int


class Interrupted(_Why, frozen=True, kw_only=True, tag="interrupted"):
    """Somebody ended it."""

    may_have_taken_effect: bool = False


class NotBegun(_Why, frozen=True, kw_only=True, tag="not_begun"):
    """Somebody ended it before it began."""


class Killed(_Why, frozen=True, kw_only=True, tag="killed"):
    """The process was killed that had sent a request."""


class Needed(_Why, frozen=True, kw_only=True, tag="needed"):
    """What it needs is not registered."""

    registration: str
    outcome: OutcomeState


class NotReady(_Why, frozen=True, kw_only=True, tag="not_ready"):
    """The application did not become ready in time."""

    deadline_s: float
    problem: str


class NotUndoable(_Why, frozen=True, kw_only=True, tag="not_undoable"):
    """The file does not say how to deregister it."""


class Overtaken(_Why, frozen=True, kw_only=True, tag="overtaken"):
    """It is deregistered, and a request that got no answer before may register it again."""


Why = (
    NotTried
    | FoundNothing
    | Forgotten
    | Interrupted
    | NotBegun
    | Killed
    | Needed
    | NotReady
    | NotUndoable
    | Overtaken
)
