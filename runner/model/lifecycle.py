"""How the registrations and the application beside them live together: the ``lifecycle`` of a file."""

from dataclasses import dataclass
from enum import StrEnum

from runner.model.diagnostic import Span
from runner.model.value import Template


class RegisterAt(StrEnum):
    """When registering begins."""

    BEFORE_START = "before_start"
    WHEN_READY = "when_ready"
    AT_ONCE = "at_once"


class OnFailure(StrEnum):
    """What becomes of the application when a required registration has failed."""

    STOP_APP = "stop_app"
    KEEP_RUNNING = "keep_running"


class Cause(StrEnum):
    """Why a run ends."""

    SIGNAL = "signal"
    EXIT = "exit"
    """The application ended by itself."""
    FAILURE = "failure"
    """A required registration failed."""


class DeregisterWhen(StrEnum):
    """At which end of the process a registration is undone."""

    ALWAYS = "always"
    ON_SIGNAL = "on_signal"
    ON_EXIT = "on_exit"
    NEVER = "never"

    def holds_for(self, cause: Cause) -> bool:
        """Whether something is undone when the run ends for this cause."""
        match self:
            case DeregisterWhen.ON_SIGNAL:
                return cause is Cause.SIGNAL
            case DeregisterWhen.ON_EXIT:
                return cause is Cause.EXIT
            case _:
                return self is DeregisterWhen.ALWAYS


class ProbeKind(StrEnum):
    """How the application is asked whether it is ready."""

    HTTP = "http"
    TCP = "tcp"
    FILE = "file"
    EXEC = "exec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """How to see that the application is ready."""

    kind: ProbeKind
    target: tuple[Template, ...]
    """A URL, an address, a path, or the words of a command."""
    every_s: float
    deadline_s: float
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The end: one total, and the parts inside it."""

    deadline_s: float = 9.0
    deregister_s: float = 2.0
    drain_s: float = 0.0
    signal: str | None = None
    """Without the leading SIG; none is the signal that arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """How signals reach the application."""

    to_group: bool = True
    rewrite: tuple[tuple[str, str], ...] = ()
    """A signal's name to the one that is sent in its place, or to ``ignore``."""
    parent_death: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """One application's life beside its registrations."""

    register: RegisterAt = RegisterAt.AT_ONCE
    ready: Ready | None = None
    on_failure: OnFailure = OnFailure.STOP_APP
    retry_later_s: float | None = None
    splay_s: float = 0.0
    stop: Stop = Stop()
    signals: Signals = Signals()
    listen: Template | None = None
    """Where the status is served."""
    become: bool = False
    """The command line wants the application in our place (``--exec``)."""
