"""The state of init, the events that change it and the effects that follow: the types of its state machine."""

import math
from collections.abc import Mapping
from enum import Enum
from signal import SIGHUP, SIGINT, SIGQUIT, SIGTERM
from types import MappingProxyType
from typing import NamedTuple

from runner.pid1.protocol import Begin, Message, States, Terms

BUG = 70
"""The exit status of what must not happen (EX_SOFTWARE of sysexits.h)."""
KILLED = 137
ENDS_THE_RUN = frozenset({SIGTERM, SIGINT, SIGQUIT})
"""The signals that shut the run down: the application gets them after the deregistration, all others at once."""
ENDS_THE_WAIT = ENDS_THE_RUN | {SIGHUP}
"""Before there is an application, a terminal that goes away ends the run too."""


class Stage(Enum):
    """How far the run is."""

    CHECKING = "checking"
    """The registrar reads the file; nothing has been started."""
    REGISTERING = "registering"
    """The application waits for the registrations."""
    RUNNING = "running"
    DEREGISTERING = "deregistering"
    """What was registered is deregistered, while the application still serves."""
    DRAINING = "draining"
    ENDING = "ending"
    """The application was asked to end, or has ended, and the processes that it left are waited for."""
    OVER = "over"


class App(Enum):
    """The application's life."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    ENDED = "ended"


class UnderWay(NamedTuple):
    """A registration that the registrar is sending."""

    undo_on: frozenset[str]
    """The causes for which it is undone."""
    captured: str
    """What its steps have captured."""


class State(NamedTuple):
    """Everything that decides what happens next."""

    stage: Stage = Stage.CHECKING
    app: App = App.NOT_STARTED
    alone: bool = True
    """Nothing that the application started is still alive."""
    registrar: bool = False
    """Whether there is a registrar process."""
    at_work: bool = False
    """It has loaded what it needs, which takes seconds where there is little CPU, and reads what it is sent."""
    mode: str = "register"
    """What the registrar was started for: register, resume or undo."""
    undone_again: bool = False
    """The registrar that deregisters has been replaced once."""
    undo_late: bool = False
    """No process could be started to deregister while the application ran."""
    discarded: bool = False
    """We killed the registrar ourselves."""
    awaits_status: bool = False
    """The registrar has nothing left to do but to write the reports, with the exit status."""
    told_status: bool = False
    """It has been told the exit status."""
    registrar_since_s: float = 0.0
    """When the registrar was started."""
    deaths: int = 0
    unstartable_since_s: float | None = None
    """Since when no registrar can be started, if that is so."""
    start_at_s: float = math.inf
    """When that is tried again."""
    terms: Terms | None = None
    plan: str | None = None
    source: str | None = None
    """The content of the file, for a later registrar: by then another file may lie in its place."""
    held: str | None = None
    undo_on: frozenset[str] = frozenset()
    sending: Mapping[str, UnderWay] = MappingProxyType({})
    """The registrations whose request may have been sent, and for which causes each is deregistered."""
    verdict: int | None = None
    states: States | None = None
    cause: str | None = None
    """Why it ends: ``signal``, ``exit`` of the application, or ``failure`` of the registration."""
    ignored: frozenset[int] = frozenset()
    """The signals that whoever started us wants ignored: they are passed on, and end nothing."""
    signal: int | None = None
    """The signal that began the end."""
    asked_s: float = -math.inf
    """When we were last asked to end, and by which signal."""
    asked_by: int | None = None
    status: int | None = None
    """The exit status, once nothing can change it any more."""
    app_status: int | None = None
    killed: bool = False
    pinged: bool = False
    watch_at_s: float = math.inf
    """When a silent registrar is asked whether it is still there, and then given up."""
    deregister_until_s: float = math.inf
    drain_until_s: float = math.inf
    kill_at_s: float = math.inf

    @property
    def final_status(self) -> int | None:
        """The exit status, once nothing can change it any more."""
        if self.status is not None or self.app is not App.ENDED:
            return self.status
        return self.app_status

    @property
    def has_traces(self) -> bool:
        """Whether something that an earlier registrar sent may be registered."""
        return self.held is not None or bool(self.sending)

    @property
    def has_to_undo(self) -> bool:
        """Whether something is to be deregistered for the reason why the run ends."""
        undo_on = self.undo_on if self.held is not None else frozenset()
        return self.cause in undo_on.union(*(each.undo_on for each in self.sending.values()))

    @property
    def next_s(self) -> float:
        """When something has to be looked at even if nothing happens."""
        return min(
            self.start_at_s, self.watch_at_s, self.deregister_until_s, self.drain_until_s, self.kill_at_s
        )


class Said(NamedTuple):
    """The registrar sent a message."""

    message: Message


class BrokeProtocol(NamedTuple):
    """The registrar sent something that is no message, or does not read."""

    why: str


class RegistrarEnded(NamedTuple):
    """The registrar has ended; a status from 128 on is a signal's."""

    status: int


class RegistrarUnstartable(NamedTuple):
    """No process can be started for a registrar: a limit on them, or memory."""

    why: str


class AppEnded(NamedTuple):
    """The application has ended."""

    status: int
    interrupted: bool = False
    """It was ended by a key of the terminal, whose signal only the application's group gets."""


class AppUnstartable(NamedTuple):
    """The application cannot be executed (126) or found (127)."""

    status: int
    why: str


class AppOutOfReach(NamedTuple):
    """The application cannot be signalled: it has become another user's."""

    number: int


class Alone(NamedTuple):
    """The last process that the application left has ended."""


class Signalled(NamedTuple):
    """A signal arrived."""

    number: int


class Ticked(NamedTuple):
    """The time came that ``next_s`` named."""


Event = (
    Said
    | BrokeProtocol
    | RegistrarEnded
    | RegistrarUnstartable
    | AppEnded
    | AppUnstartable
    | AppOutOfReach
    | Alone
    | Signalled
    | Ticked
)


class StartRegistrar(NamedTuple):
    """Start a registrar and tell it what to do."""

    begin: Begin


class StartApp(NamedTuple):
    """Start the application; ``AppUnstartable`` follows where that fails."""


class Exec(NamedTuple):
    """Replace this process by the application (``--exec``)."""


class Tell(NamedTuple):
    """Send the registrar a message."""

    message: Message


class SignalApp(NamedTuple):
    """Send the application, or what it left, a signal."""

    number: int


class KillRegistrar(NamedTuple):
    """End the registrar and whatever it started, at once."""


class Say(NamedTuple):
    """A line for people on standard error."""

    level: str
    text: str


Effect = StartRegistrar | StartApp | Exec | Tell | SignalApp | KillRegistrar | Say
