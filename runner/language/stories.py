"""Stories: what a control plane answers in the life of an application (``tests:``, the sandbox, fleets)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar

from runner.language.expected import VERB, Expected
from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import (
    ANYTHING,
    DURATION,
    ENV_NAME,
    HEADERS,
    NAME,
    TEXT,
    TIME,
    VALUE,
    integer,
    list_of,
    part,
)
from runner.language.terms import TRANSPORT_KIND, TransportKind, VerbName
from runner.language.value import Json

NO_VALUES: Mapping[str, Json] = MappingProxyType({})
NO_TEXTS: Mapping[str, str] = MappingProxyType({})
SIGNAL = "signal"
END = Kind(
    schema={
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": 255,
        "pattern": "^signal$",
        "patternErrorMessage": "Write an exit status from 0 to 255, or signal.",
    },
    code="E219",
    noun="an end of a life",
    hint="write an exit status from 0 to 255, or signal",
)


class ScriptedAnswer(Part, frozen=True, kw_only=True):
    """What the control plane answers: a response, or `error` where none arrives.

    Without `times`, `for`, `until` and `after` it is given once, and again where it is the last one. The first answer in
    the list that fits a request is given, so what holds for a while stands before what holds otherwise.
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
    verb: Annotated[
        VerbName | None,
        Key(VERB, "Verb", "The verb whose steps get this answer. Without it, any verb's do.", ("heartbeat",)),
    ] = None
    endpoint: Annotated[
        str | None,
        Key(NAME, "Endpoint", "The endpoint that answers so. Without it, any endpoint does.", ("engine",)),
    ] = None
    address: Annotated[
        str | None,
        Key(
            TEXT,
            "Address",
            "The address that answers so, of an endpoint with several `urls`. Without it, any address does.",
            ("http://10.0.0.1:8500",),
            also={"url": ""},
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
    after_s: Annotated[
        float,
        Key(
            DURATION,
            "After",
            "This answer is given from so long after the start of the test on; to the end, where it has no other.",
            ("20s",),
            also={"from": ""},
        ),
    ] = 0.0
    until_s: Annotated[
        float | None,
        Key(DURATION, "Until", "This answer is given until so long after the start of the test.", ("30s",)),
    ] = None


class ScriptedTest(Part, frozen=True, kw_only=True):
    """A story about the control plane and how it must end.

    `enlist test` plays it in virtual time, without a network. It ends with registering, or is the whole life of an
    application where `until` says how long that lasts: heartbeats, and deregistering at its end.
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
    until_s: Annotated[
        float | None,
        Key(
            TIME,
            "Until",
            "How long the application's life lasts, from the start of the test. Without it the test ends when "
            "registering has ended.",
            ("60s",),
            also={"duration": "", "lasts": ""},
        ),
    ] = None
    end: Annotated[
        int | str,
        Key(
            END,
            "End",
            "How that life ends: the application exits with this status, or is told to stop by a `signal`.",
            ("signal", 1),
        ),
    ] = 0
    ready_after_s: Annotated[
        float,
        Key(
            DURATION,
            "Ready after",
            "When the application is ready, for `lifecycle.ready`, from the start of the test.",
            ("5s",),
        ),
    ] = 0.0
    then: Annotated[
        Expected, Key(part(Expected), also={"expected": ""}, write="add then: {outcome: registered}")
    ]
    seeds: Annotated[
        int | None,
        Key(
            integer(least=1, most=10000),
            "Seeds",
            "How many times the test is played, each time with other random waits. The default is 100, or fewer for a "
            "long story: enough for a few hundred requests.",
            (1000,),
        ),
    ] = None
