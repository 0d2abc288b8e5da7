"""Stories: what a control plane answers, and how a registration must end (``tests:``, the sandbox, fleets)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import (
    ANYTHING,
    DURATION,
    ENV_NAME,
    HEADERS,
    NAME,
    TEXT,
    VALUE,
    choice,
    integer,
    list_of,
    part,
)
from runner.language.terms import TRANSPORT_KIND, OutcomeState, Reason, TransportKind
from runner.language.value import Json

NO_VALUES: Mapping[str, Json] = MappingProxyType({})
NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class ScriptedAnswer(Part, frozen=True, kw_only=True):
    """What the control plane answers: a response, or `error` where none arrives.

    Without `times`, `for` and `until` it is given once, and again where it is the last one.
    """

    ABOUT: ClassVar = About(
        name="answer",
        title="Answer",
        examples=({"error": "connect-refused", "for": "10s"}, {"step": "upsert", "status": 503, "times": 2}),
        at_least_one=True,
    )

    step: Annotated[
        str | None,
        Key(
            NAME,
            "Step",
            "The step that gets this answer; a verb with one request is a step by the verb's name: "
            "register, verify, heartbeat, deregister. Without it, any step does.",
            ("upsert",),
        ),
    ] = None
    status: Annotated[
        int,
        Key(
            integer(least=100, most=599),
            "Status",
            "The status of the response.",
            (503,),
            also={"status_code": "", "status_codes": "", "code": ""},
        ),
    ] = 200
    headers: Annotated[tuple[tuple[str, str], ...], Key(HEADERS)] = ()
    body: Annotated[
        Json,
        Key(
            ANYTHING,
            "Body",
            "The body of the response: a text as it stands, anything else as JSON.",
            ({"datacenters": [{"name": "eu"}]},),
        ),
    ] = None
    latency_s: Annotated[
        float, Key(DURATION, "Latency", "How long the response takes.", ("250ms",), also={"delay": ""})
    ] = 0.0
    error: Annotated[TransportKind | None, Key(TRANSPORT_KIND)] = None
    times: Annotated[
        int | None, Key(integer(least=1), "Times", "How many times this answer is given.", (3,))
    ] = None
    for_s: Annotated[
        float | None,
        Key(DURATION, "For", "How long this answer is given, counted from its first use.", ("10s",)),
    ] = None
    until_s: Annotated[
        float | None,
        Key(DURATION, "Until", "This answer is given until so long after the start of the test.", ("30s",)),
    ] = None


class Expected(Part, frozen=True, kw_only=True):
    """What must hold at the end of the test; at least one part.

    `within` is the time in which the registration must have ended.
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
            "How the registration must end.",
            ("registered",),
        ),
    ] = None
    within_s: Annotated[float | None, Key(DURATION)] = None
    requests: Annotated[
        int | None, Key(integer(least=0), "Requests", "How many requests must have been sent, exactly.", (3,))
    ] = None
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


class ScriptedTest(Part, frozen=True, kw_only=True):
    """A story about the control plane and how it must end.

    `enlist test` plays it in virtual time, without a network.
    """

    ABOUT: ClassVar = About(
        name="test",
        title="Test",
        examples=(
            {
                "name": "a conflict is a success",
                "given": [{"status": 409}],
                "then": {"outcome": "already_registered"},
            },
        ),
    )

    name: Annotated[
        str,
        Key(
            TEXT,
            "Test name",
            "What the test shows, in words.",
            ("the engine starts ten seconds late",),
            write="add name: to it",
        ),
    ]
    registration: Annotated[
        str | None,
        Key(
            NAME,
            "Registration",
            "The registration that is tested. It may be left out where there is only one.",
            ("pool",),
        ),
    ] = None
    variables: Annotated[
        Mapping[str, Json],
        Key(
            Kind(
                schema={
                    "type": "object",
                    "propertyNames": NAME,
                    "additionalProperties": VALUE,
                }
            ),
            "Variables",
            "Values of variables for this test, by name.",
            ({"public_url": "http://app:3000"},),
            also={"vars": ""},
        ),
    ] = NO_VALUES
    environment: Annotated[
        Mapping[str, str],
        Key(
            Kind(
                schema={
                    "type": "object",
                    "propertyNames": ENV_NAME,
                    "additionalProperties": {"type": "string"},
                }
            ),
            "Environment",
            "Environment variables for this test; the real environment is not seen.",
            ({"REGION": "eu"},),
        ),
    ] = NO_TEXTS
    given: Annotated[
        tuple[ScriptedAnswer, ...],
        Key(
            list_of(part(ScriptedAnswer), least=1),
            "Given",
            "What the control plane answers; for each step the first answer that is still good, and "
            "the last one repeats.",
            ([{"error": "connect-refused", "for": "10s"}, {"status": 200, "body": {}}],),
            also={"responses": "", "answers": ""},
            write="add given: with what the control plane answers",
        ),
    ]
    then: Annotated[
        Expected, Key(part(Expected), also={"expected": ""}, write="add then: {outcome: registered}")
    ]
    seeds: Annotated[
        int,
        Key(
            integer(least=1, most=10000),
            "Seeds",
            "How many times the test is played, each time with other random waits.",
            (100,),
        ),
    ] = 20
