"""Scenarios: the server that a simulated fleet meets, and what befalls it (``*.scenario.yaml``)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import ANYTHING, DURATION, TEXT, TIME, choice, integer, list_of, number, part
from runner.language.value import Json

SUFFIX = ".scenario.yaml"


class Start(StrEnum):
    """How the containers of a fleet start."""

    AT_ONCE = "at_once"
    ROLLING = "rolling"
    SPLAYED = "splayed"


class Trouble(StrEnum):
    """What befalls a server."""

    OUTAGE = "outage"
    BROWNOUT = "brownout"
    FAILING = "failing"
    RATE_LIMIT = "rate_limit"
    SLOW_START = "slow_start"
    LOST_ANSWERS = "lost_answers"
    FORGET = "forget"


class Fleet(Part, frozen=True, kw_only=True):
    """How many containers start, and when."""

    ABOUT: ClassVar = About(name="fleet", title="Fleet", examples=({"start": "rolling", "over": "60s"},))

    size: Annotated[
        int,
        Key(
            integer(least=1, most=100_000), "Size", "How many containers; `--fleet` says otherwise.", (2000,)
        ),
    ] = 1000
    start: Annotated[
        Start,
        Key(
            choice(
                Start,
                "All start in the same moment, as after a power cut.",
                "One after the other, at even distances.",
                "Each at a moment of its own, by chance.",
            ),
            "Start",
            "How they start; what `lifecycle.splay` adds comes on top.",
            ("rolling",),
        ),
    ] = Start.AT_ONCE
    over_s: Annotated[
        float, Key(DURATION, "Over", "The time over which they start, where that is not at once.", ("60s",))
    ] = 60.0


class Server(Part, frozen=True, kw_only=True):
    """A control plane that serves one request after the other, keeps some waiting and refuses the others."""

    ABOUT: ClassVar = About(name="server", title="Server", examples=({"capacity": 50, "queue": 20},))

    capacity: Annotated[
        float, Key(number(least=0.1), "Capacity", "How many requests it can serve in a second.", (50,))
    ] = 100.0
    queue: Annotated[
        int, Key(integer(least=0), "Queue", "How many requests may wait; those beyond are refused.", (20,))
    ] = 100
    refusal: Annotated[
        int,
        Key(integer(least=400, most=599), "Refusal", "The status of the answer to those beyond.", (429,)),
    ] = 503
    typical_s: Annotated[
        float,
        Key(
            DURATION,
            "Typical",
            "How long an answer is typically on its way, beside waiting and serving.",
            ("20ms",),
        ),
    ] = 0.02
    slow_s: Annotated[
        float, Key(DURATION, "Slow", "How long the slowest of a hundred answers is on its way.", ("200ms",))
    ] = 0.1


class Event(Part, frozen=True, kw_only=True):
    """Something that befalls the server, from one time until another."""

    ABOUT: ClassVar = About(
        name="event", title="Event", examples=({"what": "outage", "after": "0s", "until": "30s"},)
    )

    what: Annotated[
        Trouble,
        Key(
            choice(
                Trouble,
                "Nobody answers: connections are refused.",
                "It serves `capacity` a second only.",
                "A `share` of the answers is the error `status`.",
                "More than `capacity` a second are answered 429, with `retry_after` where there is one.",
                "Its capacity grows from nearly nothing at `after` to all of it at `until`.",
                "A `share` of the answers is lost after the request took effect.",
                "At `after` it loses what was registered, as by a restart without its data.",
            ),
            "What",
            "What it is.",
            ("outage",),
            write="add what: outage",
        ),
    ]
    after_s: Annotated[
        float, Key(DURATION, "After", "When it begins, from the start of the fleet.", ("30s",))
    ] = 0.0
    until_s: Annotated[
        float | None, Key(DURATION, "Until", "When it ends; without it, it does not.", ("60s",))
    ] = None
    share: Annotated[
        float, Key(number(least=0, most=1), "Share", "Of how many requests this holds, of 1.", (0.3,))
    ] = 1.0
    status: Annotated[int, Key(integer(least=100, most=599), "Status", "The status of an error.", (500,))] = (
        500
    )
    capacity: Annotated[
        float,
        Key(number(least=0), "Capacity", "How many requests a second it serves, or lets through.", (10,)),
    ] = 10.0
    retry_after_s: Annotated[
        float | None, Key(DURATION, "Retry-After", "How long it asks to wait.", ("10s",))
    ] = None


class Forgotten(Part, frozen=True, kw_only=True):
    """What a server answers to heartbeats and verifications of what it does not know."""

    ABOUT: ClassVar = About(name="forgotten", title="Forgotten", examples=({"status": 404},))

    status: Annotated[int, Key(integer(least=100, most=599), "Status", "Its status.", (404,))] = 404
    body: Annotated[
        Json, Key(ANYTHING, "Body", "Its body: a text as it stands, anything else as JSON.", ("unknown id",))
    ] = None


class Scenario(Part, frozen=True, kw_only=True):
    """What a fleet meets: how it starts, what the server can do, and what befalls it.

    `enlist simulate` plays it with the session that `run` has. What a healthy server answers is taken from the tests
    of the file that is simulated.
    """

    ABOUT: ClassVar = About(
        name="scenario",
        title="enlist scenario, version 1",
        examples=(
            {
                "version": 1,
                "title": "an outage of half a minute",
                "server": {"capacity": 50},
                "events": [{"what": "outage", "until": "30s"}],
            },
        ),
    )

    version: Annotated[
        int,
        Key(Kind(schema={"const": 1}), "Version", "The version of scenarios.", (1,), write="add version: 1"),
    ]
    title: Annotated[
        str, Key(TEXT, "Title", "What it is, in words.", ("an outage of half a minute",), write="add title:")
    ]
    fleet: Annotated[Fleet, Key(part(Fleet))] = Fleet()
    server: Annotated[Server, Key(part(Server))] = Server()
    events: Annotated[
        tuple[Event, ...],
        Key(
            list_of(part(Event)),
            "Events",
            "What befalls the server. The default is nothing.",
            ([{"what": "outage", "after": "0s", "until": "30s"}],),
        ),
    ] = ()
    forgotten: Annotated[Forgotten, Key(part(Forgotten))] = Forgotten()
    until_s: Annotated[
        float | None,
        Key(
            TIME,
            "Until",
            "How long the fleet lives and beats, from its start. Without it, it is watched until each has registered "
            "or failed.",
            ("5m",),
        ),
    ] = None
