"""The life of the application beside its registrations: when to register, how to see that it is ready, how to end."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.key import About, Key, Part
from runner.language.kinds import (
    ADDRESS,
    ANY_TEMPLATE,
    BASE_URL,
    DURATION,
    TEMPLATE,
    TIME,
    choice,
    list_of,
    part,
)
from runner.language.late import or_variable
from runner.language.signals import Signals
from runner.language.stop import Stop
from runner.language.value import Template

_STOP_OR_GO_ON = {"exit": "stop_app", "shutdown": "stop_app", "continue": "keep_running"}


class RegisterAt(StrEnum):
    """When registering begins."""

    BEFORE_START = "before_start"
    WHEN_READY = "when_ready"
    AT_ONCE = "at_once"


class OnFailure(StrEnum):
    """What becomes of the application when a required registration has failed."""

    STOP_APP = "stop_app"
    KEEP_RUNNING = "keep_running"


class OnLost(StrEnum):
    """What becomes of the application when a required registration that was active is lost."""

    KEEP_RUNNING = "keep_running"
    STOP_APP = "stop_app"


class ProbeKind(StrEnum):
    """How the application is asked whether it is ready."""

    HTTP = "http"
    TCP = "tcp"
    FILE = "file"
    EXEC = "exec"


class Ready(Part, frozen=True, kw_only=True):
    """How to see that the application is ready. Give one of `http`, `tcp`, `file` and `exec`."""

    ABOUT: ClassVar = About(
        name="ready",
        title="Ready",
        examples=({"http": "http://127.0.0.1:3000/health", "deadline": "60s"},),
        at_least_one=True,
    )

    http: Annotated[
        Template | None,
        Key(BASE_URL, "HTTP", "Ready when a GET of this URL answers 2xx.", ("http://127.0.0.1:3000/health",)),
    ] = None
    tcp: Annotated[
        Template | None,
        Key(ADDRESS, "TCP", "Ready when this HOST:PORT accepts a connection.", ("127.0.0.1:3000",)),
    ] = None
    file: Annotated[
        Template | None, Key(TEMPLATE, "File", "Ready when this file exists.", ("/tmp/ready",))
    ] = None
    exec: Annotated[
        tuple[Template, ...],
        Key(
            list_of(ANY_TEMPLATE, least=1),
            "Command",
            "Ready when this command, a list of words without a shell, ends with status 0.",
            (["pg_isready", "-q"],),
        ),
    ] = ()
    every_s: Annotated[
        float,
        Key(
            or_variable(TIME),
            "Every",
            "The time from one look to the next.",
            ("1s",),
            also={"interval": "", "period": ""},
            write="add every: 10s",
        ),
    ] = 0.2
    deadline_s: Annotated[
        float,
        Key(
            or_variable(TIME),
            "Deadline",
            "How long the application may take to become ready.",
            ("2m",),
            also={"timeout": "", "max_elapsed_time": "", "within": ""},
        ),
    ] = 60.0

    @property
    def kind(self) -> ProbeKind:
        """How the application is asked; the first way, where a broken file has several."""
        return next((kind for kind in ProbeKind if getattr(self, kind)), ProbeKind.FILE)

    @property
    def target(self) -> tuple[Template, ...]:
        """A URL, an address, a path, or the words of a command."""
        written = getattr(self, self.kind)
        return written if isinstance(written, tuple) else (written,)


class StatusListener(Part, frozen=True, kw_only=True):
    """An HTTP listener that answers whether the registrations stand. Without it there is none."""

    ABOUT: ClassVar = About(name="status_listener", title="Status", examples=({"listen": "127.0.0.1:8099"},))

    listen: Annotated[
        Template,
        Key(ADDRESS, "Listen", "The HOST:PORT to listen on.", ("127.0.0.1:8099",), also={"address": ""}),
    ]


class Lifecycle(Part, frozen=True, kw_only=True):
    """How registering and the application go together in `enlist run FILE -- COMMAND`."""

    ABOUT: ClassVar = About(
        name="lifecycle",
        title="Lifecycle",
        examples=(
            {
                "register": "when_ready",
                "ready": {"http": "http://127.0.0.1:3000/health"},
                "on_failure": "stop_app",
            },
        ),
    )

    at: Annotated[
        RegisterAt | None,
        Key(
            choice(
                RegisterAt,
                "the application is started when the registrations stand",
                "when `ready` says so",
                "beside the application, without waiting for it",
                also={
                    "alongside": "at_once",
                    "immediately": "at_once",
                    "parallel": "at_once",
                    "before": "before_start",
                    "after_ready": "when_ready",
                    "ready": "when_ready",
                },
            ),
            "Register",
            "Before the application is started, when it is ready, or at once beside it. The default "
            "is when_ready where `ready` is given, else at_once.",
            ("when_ready",),
            name="register",
        ),
    ] = None
    ready: Annotated[Ready | None, Key(part(Ready))] = None
    on_failure: Annotated[
        OnFailure,
        Key(
            choice(
                OnFailure,
                "end the application, and with it the container",
                "leave the application running, unregistered",
                also=_STOP_OR_GO_ON,
            ),
            "On failure",
            "What happens to the application when a required registration fails.",
            ("keep_running",),
        ),
    ] = OnFailure.STOP_APP
    on_lost: Annotated[
        OnLost,
        Key(
            choice(
                OnLost,
                "leave the application running while it is tried again",
                "end the application, and with it the container",
                also=_STOP_OR_GO_ON,
            ),
            "On lost",
            "What happens to the application when a required registration was active and its beats are refused.",
            ("stop_app",),
        ),
    ] = OnLost.KEEP_RUNNING
    retry_later_s: Annotated[
        float | None,
        Key(
            or_variable(TIME),
            "Retry later",
            "With keep_running: how long after giving up the registration is tried again. Without it, "
            "it is not tried again.",
            ("5m",),
        ),
    ] = None
    splay_s: Annotated[
        float,
        Key(
            or_variable(DURATION),
            "Splay",
            "The start is delayed by up to this time, differently for each instance, so that a fleet "
            "does not arrive at once.",
            ("5s",),
        ),
    ] = 0.0
    stop: Annotated[Stop, Key(part(Stop))] = Stop()
    signals: Annotated[Signals, Key(part(Signals))] = Signals()
    status: Annotated[
        StatusListener | None,
        Key(part(StatusListener), also={"status_code": "", "status_codes": "", "code": ""}),
    ] = None
    platform_stop_timeout_s: Annotated[
        float,
        Key(
            or_variable(TIME),
            "Platform's stop timeout",
            "How long the platform waits before it kills the container; `stop` is checked against it. "
            "The default is 10s, as in Docker.",
            ("30s",),
        ),
    ] = 10.0

    @property
    def register(self) -> RegisterAt:
        """When registering begins."""
        return self.at or (RegisterAt.AT_ONCE if self.ready is None else RegisterAt.WHEN_READY)

    @property
    def listen(self) -> Template | None:
        """Where the status is served."""
        return None if self.status is None else self.status.listen
