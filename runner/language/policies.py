"""Retry policies: how often, how long and at what pace something is tried again."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.key import About, Key, Part
from runner.language.kinds import ATTEMPTS, BOOLEAN, DURATION, TIME, choice, number, part
from runner.language.late import or_variable

_RETRIES = "it counts the first request too: 3 retries are attempts: 4"


class Jitter(StrEnum):
    """How a wait is drawn below its ceiling; the names are those of the AWS article on backoff."""

    FULL = "full"
    EQUAL = "equal"
    NONE = "none"


class Backoff(Part, frozen=True, kw_only=True):
    """The waits between attempts: they begin at `initial`, grow by `multiplier` and never exceed `max`."""

    ABOUT: ClassVar = About(
        name="backoff", title="Backoff", examples=({"initial": "200ms", "multiplier": 2, "max": "5s"},)
    )

    initial_s: Annotated[
        float,
        Key(
            or_variable(DURATION),
            "First wait",
            "The longest wait after the first failure.",
            ("50ms",),
            also={"base": "", "delay": "", "initial_delay": ""},
        ),
    ] = 0.2
    multiplier: Annotated[
        float,
        Key(
            or_variable(number(least=1)),
            "Multiplier",
            "By how much each wait grows over the one before. The default is 2; 1 keeps the wait constant.",
            (1.5,),
            also={"factor": ""},
        ),
    ] = 2.0
    max_s: Annotated[
        float,
        Key(
            or_variable(DURATION),
            "Longest wait",
            "No wait between two attempts is longer than this.",
            ("30s",),
            also={"max_delay": "", "max_backoff": ""},
        ),
    ] = 5.0
    jitter: Annotated[
        Jitter,
        Key(
            choice(
                Jitter,
                "all of each wait is random",
                "half of each wait is random",
                "no wait is random",
                also={"off": "none", "decorrelated": "equal", "random": "full"},
            ),
            "Jitter",
            "How much of each wait is random: all of it, half of it, or nothing. The default is full, "
            "which keeps a fleet from retrying in step.",
            ("equal",),
        ),
    ] = Jitter.FULL


class RetryAfter(Part, frozen=True, kw_only=True):
    """What to do when the server says when to come back."""

    ABOUT: ClassVar = About(
        name="retry_after", title="Retry-After", examples=({"honor": True, "max": "60s"},)
    )

    honor: Annotated[
        bool, Key(or_variable(BOOLEAN), "Honor", "Wait at least as long as the server asks.", (False,))
    ] = True
    max_s: Annotated[
        float,
        Key(
            or_variable(DURATION),
            "Longest Retry-After",
            "When the server asks for a longer wait than this, stop at once and report the time it named. "
            "A heartbeat waits this long and goes on.",
            ("5m",),
        ),
    ] = 60.0


class RetryPolicy(Part, frozen=True, kw_only=True):
    """How often, how long and at what pace something is tried again."""

    ABOUT: ClassVar = About(
        name="retry_policy",
        title="Retry policy",
        examples=({"deadline": "60s", "attempts": 20, "backoff": {"initial": "200ms", "max": "5s"}},),
    )

    name: str = "default"
    deadline_s: Annotated[
        float | None,
        Key(
            or_variable(TIME),
            "Deadline",
            "The time for all attempts and waits together; the attempt under way is bounded too. "
            "Without it, this policy sets no time limit of its own.",
            ("60s", "2m"),
            also={"timeout": "", "max_elapsed_time": "", "within": ""},
        ),
    ] = None
    attempts: Annotated[
        int | None,
        Key(
            or_variable(ATTEMPTS),
            "Attempts",
            "How many requests may be sent, the first one included; 1 means no retry. The default is "
            "20; `unlimited` needs a `deadline`.",
            (5, "unlimited"),
            also=dict.fromkeys(("retries", "max_retries", "retry_count"), _RETRIES)
            | {"max_attempts": "", "tries": ""},
        ),
    ] = 20
    backoff: Annotated[Backoff, Key(part(Backoff))] = Backoff()
    retry_after: Annotated[RetryAfter, Key(part(RetryAfter))] = RetryAfter()
