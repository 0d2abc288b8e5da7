"""``lifecycle.stop``: how the end of a run divides its time."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.key import About, Key, Part
from runner.language.kinds import DURATION, TIME, choice
from runner.language.late import or_variable


class StopSignal(StrEnum):
    """Signals that ask an application to end."""

    TERM = "TERM"
    INT = "INT"
    QUIT = "QUIT"
    HUP = "HUP"
    USR1 = "USR1"
    USR2 = "USR2"
    WINCH = "WINCH"


class Stop(Part, frozen=True, kw_only=True):
    """The end, in this order: heartbeats end, deregister, drain, signal.

    What is left is killed at the deadline.
    """

    ABOUT: ClassVar = About(name="stop", title="Stop", examples=({"deadline": "9s", "deregister": "2s"},))

    deadline_s: Annotated[
        float,
        Key(
            or_variable(TIME),
            "Deadline",
            "The time for the whole end, from the first signal to the kill.",
            ("25s",),
            also={"timeout": "", "max_elapsed_time": "", "within": ""},
        ),
    ] = 9.0
    deregister_s: Annotated[
        float,
        Key(
            or_variable(DURATION),
            "Deregister",
            "How much of it deregistering may take.",
            ("5s",),
            also={"unregister": ""},
        ),
    ] = 2.0
    drain_s: Annotated[
        float,
        Key(
            or_variable(DURATION),
            "Drain",
            "The pause after deregistering, in which requests still under way come to their end.",
            ("3s",),
        ),
    ] = 0.0
    signal: Annotated[
        StopSignal | None,
        Key(
            choice(StopSignal),
            "Signal",
            "The signal that asks the application to end. Without it, it is the one that arrived "
            "(TERM, INT or QUIT).",
            ("QUIT",),
        ),
    ] = None
