"""What must have happened at the end of a file's own test (``then:``)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.conditions import BODY_CONDITIONS, CONDITION, PARAMETER_CONDITIONS
from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import BOOLEAN, DURATION, NAME, choice, integer, list_of, part
from runner.language.requests import Method
from runner.language.terms import OutcomeState, Reason, VerbName
from runner.language.value import Condition, Named

VERB = choice(VerbName)


class StateName(StrEnum):
    """The state of a registration at some time: as it can end, or not there yet."""

    REGISTERING = "registering"
    REGISTERED = "registered"
    ALREADY_REGISTERED = "already_registered"
    LOST = "lost"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Count(Part, frozen=True, kw_only=True):
    """How many: a number means exactly so many, a map has bounds."""

    ABOUT: ClassVar = About(
        name="count",
        title="Count",
        examples=(3, {"min": 2, "max": 5}),
        at_least_one=True,
        short=Kind(schema={"type": ["integer", "object"], "minimum": 0}),
    )

    min: Annotated[int | None, Key(integer(least=0), "At least", "So many or more.", (2,))] = None
    max: Annotated[int | None, Key(integer(least=0), "At most", "So many or fewer.", (5,))] = None

    def takes(self, number: int) -> bool:
        """Whether a number is within the bounds."""
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


COUNT = part(Count)
_BY_STEP = Kind(
    schema={"type": "object", "minProperties": 1, "propertyNames": NAME, "additionalProperties": COUNT},
    holds=Count,
)


class StateAt(Part, frozen=True, kw_only=True):
    """How the registration must stand at some time."""

    ABOUT: ClassVar = About(name="state_at", title="State", examples=({"at": "40s", "state": "lost"},))

    at_s: Annotated[
        float,
        Key(DURATION, "At", "When, from the start of the test.", ("40s",), write="add at: 40s"),
    ]
    state: Annotated[
        StateName,
        Key(choice(StateName), "State", "How it must stand then.", ("lost",), write="add state: registered"),
    ]


class SentRequest(Part, frozen=True, kw_only=True):
    """A request by what it was: all that is said of it must hold, `path` as it was sent, without its query.

    There must be at least one such request, or as many as `times` says.
    """

    ABOUT: ClassVar = About(
        name="sent_request",
        title="Sent request",
        examples=(
            {"step": "register", "method": "PUT", "body": {"Port": 3000}},
            {"verb": "heartbeat", "times": {"min": 5}},
        ),
        at_least_one=True,
    )

    step: Annotated[str | None, Key(NAME, "Step", "The step that it was sent for.", ("register",))] = None
    verb: Annotated[VerbName | None, Key(VERB, "Verb", "The verb that it was sent for.", ("heartbeat",))] = (
        None
    )
    method: Annotated[Method | None, Key(choice(Method), "Method", "Its HTTP method.", ("PUT",))] = None
    path: Annotated[Condition | None, Key(CONDITION)] = None
    query: Annotated[
        tuple[Named, ...],
        Key(
            PARAMETER_CONDITIONS,
            "Query",
            "Conditions on parameters of its query, by name.",
            ({"namespace": "eu"},),
        ),
    ] = ()
    headers: Annotated[
        tuple[Named, ...],
        Key(
            PARAMETER_CONDITIONS,
            "Headers",
            "Conditions on its headers, by name.",
            ({"X-Registrar": {"exists": True}},),
        ),
    ] = ()
    body: Annotated[tuple[Named, ...], Key(BODY_CONDITIONS)] = ()
    text: Annotated[Condition | None, Key(CONDITION)] = None
    times: Annotated[Count | None, Key(COUNT)] = None
    not_before_s: Annotated[
        float, Key(DURATION, "Not before", "Only requests from this time on count.", ("20s",))
    ] = 0.0
    within_s: Annotated[
        float | None, Key(DURATION, "Within", "Only requests until this time count.", ("30s",))
    ] = None


class Expected(Part, frozen=True, kw_only=True):
    """What must hold at the end of the test; at least one part.

    `within` is the time in which the registration must have ended; `requests` counts those of all steps.
    """

    ABOUT: ClassVar = About(
        name="result", title="Then", examples=({"outcome": "registered", "within": "12s"},), at_least_one=True
    )

    outcome: Annotated[
        OutcomeState | None,
        Key(
            choice(
                OutcomeState,
                but=(OutcomeState.DEREGISTERED,),
                also={
                    "ok": "registered",
                    "success": "registered",
                    "succeeded": "registered",
                    "error": "failed",
                },
            ),
            "Outcome",
            "How the registration must end; in a whole life, how it must stand when that ends, before it is deregistered.",
            ("registered",),
        ),
    ] = None
    within_s: Annotated[float | None, Key(DURATION)] = None
    not_before_s: Annotated[
        float | None,
        Key(DURATION, "Not before", "The time before which registering must not have ended.", ("10s",)),
    ] = None
    requests: Annotated[Count | None, Key(COUNT)] = None
    by_step: Annotated[
        tuple[tuple[str, Count], ...],
        Key(
            _BY_STEP,
            "Requests by step",
            "How many requests must have been sent for each of these steps.",
            ({"register": 1, "heartbeat": {"min": 5}},),
            name="requests_by_step",
        ),
    ] = ()
    class_name: Annotated[
        str | None,
        Key(NAME, "Class", "The failure class that must have ended it.", ("still-booting",), name="class"),
    ] = None
    reason: Annotated[
        Reason | None, Key(choice(Reason), "Reason", "Why it must have stopped.", ("deadline",))
    ] = None
    exit_status: Annotated[
        int | None,
        Key(
            integer(least=0, most=255),
            "Exit status",
            "The exit status that `enlist run` must end with.",
            (76,),
            also={"exit_code": ""},
        ),
    ] = None
    deregistered: Annotated[
        bool | None,
        Key(BOOLEAN, "Deregistered", "Whether it must have been deregistered at the end.", (True,)),
    ] = None
    states: Annotated[
        tuple[StateAt, ...],
        Key(
            list_of(part(StateAt), least=1),
            "States",
            "How the registration must stand at these times.",
            ([{"at": "40s", "state": "lost"}, {"at": "60s", "state": "registered"}],),
        ),
    ] = ()
    sent: Annotated[
        tuple[SentRequest, ...],
        Key(
            list_of(part(SentRequest), least=1),
            "Sent",
            "Requests that must have been sent.",
            ([{"step": "register", "body": {"Port": 3000}}],),
        ),
    ] = ()
    not_sent: Annotated[
        tuple[SentRequest, ...],
        Key(
            list_of(part(SentRequest), least=1),
            "Not sent",
            "Requests that must not have been sent.",
            ([{"method": "DELETE"}],),
        ),
    ] = ()
