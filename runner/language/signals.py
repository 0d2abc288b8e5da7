"""How signals reach the application beside the registrations."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.key import About, Key, Part, keys_of
from runner.language.kinds import choice, defined, part


class DeliverTo(StrEnum):
    """Who of the application gets a signal."""

    GROUP = "group"
    APP = "app"


class DeathSignal(StrEnum):
    """Signals that the kernel can send when enlist itself is killed."""

    TERM = "TERM"
    INT = "INT"
    QUIT = "QUIT"
    HUP = "HUP"
    KILL = "KILL"


class Sent(StrEnum):
    """What can reach the application in place of a signal."""

    HUP = "HUP"
    INT = "INT"
    QUIT = "QUIT"
    TERM = "TERM"
    USR1 = "USR1"
    USR2 = "USR2"
    ALRM = "ALRM"
    WINCH = "WINCH"
    PWR = "PWR"
    URG = "URG"
    CONT = "CONT"
    STOP = "STOP"
    KILL = "KILL"
    IGNORE = "ignore"


SIGNAL_OR_IGNORE = defined(
    choice(Sent),
    "signal_or_ignore",
    "Signal or ignore",
    "A signal's name without SIG, or `ignore`.",
    "QUIT",
    "ignore",
)
SignalOrIgnore = Annotated[Sent | None, Key(SIGNAL_OR_IGNORE)]


class Rewrite(Part, frozen=True, kw_only=True):
    """Signals that reach the application as another one, or not at all.

    One that becomes TERM, INT or QUIT begins the end.
    """

    ABOUT: ClassVar = About(
        name="rewrite", title="Rewrite", examples=({"HUP": "QUIT", "WINCH": "ignore"},), at_least_one=True
    )

    HUP: SignalOrIgnore = None
    INT: SignalOrIgnore = None
    QUIT: SignalOrIgnore = None
    TERM: SignalOrIgnore = None
    USR1: SignalOrIgnore = None
    USR2: SignalOrIgnore = None
    ALRM: SignalOrIgnore = None
    WINCH: SignalOrIgnore = None
    PWR: SignalOrIgnore = None
    URG: SignalOrIgnore = None


class Signals(Part, frozen=True, kw_only=True):
    """How signals reach the application.

    TERM, INT and QUIT begin the end (see `stop`); all others are passed on at once.
    """

    ABOUT: ClassVar = About(
        name="signals", title="Signals", examples=({"rewrite": {"HUP": "QUIT"}},), at_least_one=True
    )

    deliver_to: Annotated[
        DeliverTo,
        Key(
            choice(
                DeliverTo,
                "all processes that the application started and that did not leave its group",
                "the first process, which is to tell its children itself",
            ),
            "Deliver to",
            "Whether a signal goes to all processes of the application's group or to its first "
            "process alone.",
            ("app",),
        ),
    ] = DeliverTo.GROUP
    rewritten: Annotated[Rewrite, Key(part(Rewrite), name="rewrite")] = Rewrite()
    on_parent_death: Annotated[
        DeathSignal | None,
        Key(
            choice(DeathSignal),
            "On parent death",
            "The signal that the kernel sends to the application when enlist itself is killed. "
            "Without it there is none. In a container it is not needed: the kernel ends all with PID "
            "1.",
            ("TERM",),
        ),
    ] = None

    @property
    def to_group(self) -> bool:
        """Whether a signal goes to all processes of the application's group."""
        return self.deliver_to is DeliverTo.GROUP

    @property
    def rewrite(self) -> tuple[tuple[str, str], ...]:
        """A signal's name to the one that is sent in its place, or to ``ignore``."""
        pairs = ((key.name, getattr(self.rewritten, key.field)) for key in keys_of(Rewrite))
        return tuple((name, sent) for name, sent in pairs if sent is not None)
