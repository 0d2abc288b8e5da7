"""Registrations: what is registered, how it is verified, kept and undone."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar

from msgspec.structs import replace

from runner.language.classes import Classes
from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import BOOLEAN, REFERENCE, TEXT, TIME, choice, integer, list_of, part
from runner.language.late import or_variable
from runner.language.requests import (
    CAPTURE_WORDS,
    CAPTURES,
    STEPS,
    Capture,
    Expect,
    RequestTemplate,
    StepSpec,
)
from runner.language.terms import Cause, EndpointName, PolicyName, VerbName
from runner.language.value import Json, Name

_WRITE_REQUEST = "add request: {method: PUT, path: /...}"


class DeregisterWhen(StrEnum):
    """At which end of the process a registration is undone."""

    ALWAYS = "always"
    ON_SIGNAL = "on_signal"
    ON_EXIT = "on_exit"
    ON_SUCCESS = "on_success"
    NEVER = "never"

    def holds_for(self, cause: Cause) -> bool:
        """Whether something is undone when the run ends for this cause."""
        match self:
            case DeregisterWhen.ON_SIGNAL:
                return cause is Cause.SIGNAL
            case DeregisterWhen.ON_EXIT:
                return cause in {Cause.EXIT, Cause.SUCCESS}
            case DeregisterWhen.ON_SUCCESS:
                return cause in {Cause.SIGNAL, Cause.SUCCESS}
            case _:
                return self is DeregisterWhen.ALWAYS


class _Requests(Part, frozen=True, kw_only=True):
    """One step's keys, or several steps.

    Reading makes one step of the keys of a lone step; the fields that declare them stay empty.
    """

    policy: PolicyName = None
    endpoint: EndpointName = None
    request: Annotated[RequestTemplate | None, Key(part(RequestTemplate), write=_WRITE_REQUEST)] = None
    expect: Annotated[Expect | None, Key(part(Expect))] = None
    capture: Annotated[tuple[Capture, ...], Key(CAPTURES, also=CAPTURE_WORDS)] = ()
    steps: Annotated[tuple[StepSpec, ...], Key(STEPS)] = ()
    classes: Classes = ()


class VerbSpec(_Requests, frozen=True, kw_only=True):
    """Registering, verifying, keeping or undoing."""

    name: VerbName


class Verify(VerbSpec, frozen=True, kw_only=True):
    """Asks the control plane whether the registration is there; until then it is retried."""

    ABOUT: ClassVar = About(
        name="verify",
        title="Verify",
        examples=({"request": {"path": "/services/web"}, "expect": {"body": {"state": "ready"}}},),
        at_least_one=True,
    )


class Heartbeat(VerbSpec, frozen=True, kw_only=True):
    """Sent at a fixed cadence for as long as the run stays.

    `every` is the time from one beat to the next, and the next beat is the retry.
    """

    ABOUT: ClassVar = About(
        name="heartbeat",
        title="Heartbeat",
        examples=({"every": "10s", "request": {"method": "PUT", "path": "/checks/web/pass"}},),
    )

    every_s: Annotated[
        float, Key(or_variable(TIME), also={"interval": "", "period": ""}, write="add every: 10s")
    ]
    give_up_after: Annotated[
        int,
        Key(
            or_variable(integer(least=1)),
            "Give up after",
            "After so many refused beats in a row, or so many re-registrations without a good beat, it is lost: "
            "`lifecycle.on_lost` decides about the application, and it is tried again at the cadence.",
            (5,),
            also={"max_failures": "", "failure_threshold": ""},
        ),
    ] = 3


class Deregister(VerbSpec, frozen=True, kw_only=True):
    """Undoes the registration at the end; only what this run registered is undone."""

    ABOUT: ClassVar = About(
        name="deregister",
        title="Deregister",
        examples=({"request": {"method": "DELETE", "path": "/services/web"}},),
        at_least_one=True,
    )

    when: Annotated[
        DeregisterWhen,
        Key(
            choice(
                DeregisterWhen,
                "however the run ends",
                "only when it was ended by a signal",
                "only when the application ended by itself",
                "when the application ended with 0 or was told to stop: what has crashed stays registered",
                "never: what was registered outlives this process",
                also={"on_stop": "on_signal"},
            ),
            "When",
            "always, only when ended by a signal (on_signal), only when the application ended by "
            "itself (on_exit), when it ended with 0 or was told to stop (on_success), or never.",
            ("never",),
        ),
    ] = DeregisterWhen.ALWAYS


class ForEachSpec(Part, frozen=True, kw_only=True):
    """Makes one registration for each item, used as `${each}` or `${each.key}`. Needs `items` or `jsonl`."""

    ABOUT: ClassVar = About(
        name="for_each",
        title="For each",
        examples=({"items": "${var.pools}", "id": "${each}"},),
        one_of=("jsonl", "items"),
    )

    items: Annotated[
        str | None,
        Key(
            Kind(schema={"type": ["string", "array"], "minItems": 1, "minLength": 1}),
            "Items",
            "The items themselves, or a placeholder that stands for a list.",
            ("${var.pools}", ["eu", "us"]),
            write="add items: with a list, or jsonl: with a file",
        ),
    ] = None
    jsonl: Annotated[
        str | None,
        Key(
            TEXT,
            "JSON lines file",
            "A file with one JSON value per line, one item each.",
            ("/etc/enlist/pools.jsonl",),
        ),
    ] = None
    id: Annotated[
        str | None, Key(TEXT, "Item name", "What tells the items apart in reports.", ("${each.name}",))
    ] = None


class RegistrationSpec(_Requests, frozen=True, kw_only=True):
    """Something to be registered: one request, several steps, or a recipe (`use`)."""

    ABOUT: ClassVar = About(
        name="registration",
        title="Registration",
        examples=({"endpoint": "engine", "request": {"method": "PUT", "path": "/services/web"}},),
        at_least_one=True,
    )

    name: str
    register: VerbSpec
    """Its own requests, as the verb that they are."""
    not_yet: tuple[Name, ...] = ()
    """The parts of the language that stand in it and that this version cannot run."""
    required: Annotated[
        bool,
        Key(
            or_variable(BOOLEAN),
            "Required",
            "Whether the run fails when this registration fails.",
            (False,),
            also={"optional": "required: false"},
        ),
    ] = True
    needs: Annotated[
        tuple[Name, ...],
        Key(
            list_of(REFERENCE),
            "Needs",
            "registrations that must be registered before this one begins. When one of them fails, this one "
            "is skipped.",
            (["namespace"],),
            also={"depends_on": "", "after": "", "requires": ""},
        ),
    ] = ()
    use: Annotated[
        Name | None,
        Key(
            replace(TEXT, reader="reference"),
            "Recipe",
            "The recipe that gives the requests: one of ours, such as consul/service, or the path of your own, relative "
            "to this file. What stands beside it wins; your failure classes come first.",
            ("consul/service", "./own.recipe.yaml"),
            also={"recipe": "", "template": "", "extends": ""},
        ),
    ] = None
    with_: Annotated[
        Mapping[str, Json],
        Key(
            Kind(schema={"type": "object"}),
            "Recipe parameters",
            "What the recipe is given, by name; `enlist recipes show` tells what it takes.",
            ({"name": "web", "port": 8080},),
            also={"inputs": "", "parameters": "", "params": ""},
            write="add with: and what the recipe takes, which enlist recipes show lists",
        ),
    ] = MappingProxyType({})
    verify: Annotated[
        Verify | None, Key(part(Verify), also={"healthcheck": "", "health_check": "", "check": ""})
    ] = None
    heartbeat: Annotated[
        Heartbeat | None, Key(part(Heartbeat), also={"healthcheck": "", "health_check": "", "keepalive": ""})
    ] = None
    deregister: Annotated[Deregister | None, Key(part(Deregister), also={"unregister": ""})] = None
    for_each: Annotated[ForEachSpec | None, Key(part(ForEachSpec))] = None

    @property
    def deregister_when(self) -> DeregisterWhen:
        """At which end it is undone; never where it does not say how."""
        return DeregisterWhen.NEVER if self.deregister is None else self.deregister.when
