"""Failure classes: which failures belong together, and what is done about them."""

from enum import StrEnum
from typing import Annotated, ClassVar

from runner.language.conditions import BODY_CONDITIONS, CONDITION, HEADER_CONDITIONS
from runner.language.key import About, Key, Part
from runner.language.kinds import (
    ANY_TEXT,
    EXCEPT,
    NAME,
    STATUS_SET,
    TEXT,
    choice,
    defined,
    integer,
    list_of,
    one_or_many,
    part,
)
from runner.language.late import or_variable
from runner.language.terms import PROCESSED, TRANSPORT_KIND, PolicyName, Processed, TransportKind
from runner.language.value import Condition, Named, StatusSet, Template

_ACTIONS = {
    "restart": "start_over", "start-over": "start_over", "again": "retry", "ignore": "succeed", "ok": "succeed",
    "success": "succeed", "take_over": "adopt", "take-over": "adopt", "own": "adopt", "abort": "fail", "stop": "fail",
    "error": "fail",
}  # fmt: skip


class Action(StrEnum):
    """What a failure class does."""

    RETRY = "retry"
    START_OVER = "start_over"
    FAIL = "fail"
    SUCCEED = "succeed"
    """It is there already, and is somebody else's."""
    ADOPT = "adopt"
    """It is there already, and ours: an earlier life of this instance made it."""

    @property
    def counts_as_success(self) -> bool:
        """Whether the step is done with."""
        return self in {self.SUCCEED, self.ADOPT}


class Match(Part, frozen=True, kw_only=True):
    """Conditions on one attempt; all of them must hold."""

    ABOUT: ClassVar = About(
        name="match",
        title="Match",
        examples=({"status": 400, "body": {"code": "not_found"}},),
        at_least_one=True,
    )

    status: Annotated[
        StatusSet | None, Key(STATUS_SET, also={"status_code": "", "status_codes": "", "code": ""})
    ] = None
    except_: Annotated[StatusSet | None, Key(EXCEPT)] = None
    kinds: Annotated[
        frozenset[TransportKind] | None,
        Key(
            one_or_many(TRANSPORT_KIND, "string"),
            "Transport errors",
            "One kind of failed transport, or a list of kinds: the attempt ended without a usable response.",
            ("connect-refused", ["dns", "connect-timeout"]),
            name="errors",
        ),
    ] = None
    body: Annotated[tuple[Named, ...], Key(BODY_CONDITIONS)] = ()
    headers: Annotated[tuple[Named, ...], Key(HEADER_CONDITIONS)] = ()
    text: Annotated[Condition | None, Key(CONDITION)] = None
    processed: Annotated[
        frozenset[Processed] | None,
        Key(
            one_or_many(PROCESSED, "string"),
            "Processed",
            "Whether the server may have acted on the request: never, maybe or started, or a list of these.",
            ("never", ["never", "maybe"]),
        ),
    ] = None
    expectation_unmet: bool = False
    """The status was as expected and the rest was not; only the built-in ``pending`` asks this."""
    renewable_login: bool = False
    """The endpoint's login was not just renewed; only the built-in ``expired`` asks this."""


class ClassSpec(Part, frozen=True, kw_only=True):
    """A kind of failure and what to do about it.

    An entry with a built-in's name and no `match` changes that built-in.
    """

    ABOUT: ClassVar = About(
        name="failure_class",
        title="Failure class",
        examples=(
            {
                "name": "still-booting",
                "match": {"status": 400, "body": {"code": "not_found"}},
                "action": "retry",
                "policy": "boot",
            },
        ),
    )

    name: Annotated[
        str,
        Key(
            NAME,
            "Class name",
            "The name that reports and tests use for this failure.",
            ("still-booting",),
            write="add name: to it",
        ),
    ]
    match: Annotated[
        tuple[Match, ...] | None,
        Key(
            one_or_many(part(Match), "object"),
            "Match",
            "The failures that belong to this class: a map whose parts must all hold, or a list of "
            "such maps of which one must.",
            ({"status": 409}, [{"status": "5xx"}, {"errors": "read-timeout"}]),
            also={"when": "", "if": ""},
        ),
    ] = None
    action: Annotated[
        Action | None,
        Key(
            choice(
                Action,
                "repeat this step",
                "begin the registration again from its first step, with a fresh login",
                "give up",
                "it is there already, and is somebody else's: never undone by this run",
                "it is there already, and is ours, from an earlier life of this instance: kept and undone",
                also=_ACTIONS,
            ),
            "Action",
            "retry repeats the step, start_over begins the registration again with a fresh login, fail "
            "gives up, succeed takes it as done by somebody else (already_registered, never undone by "
            "this run), adopt as done by an earlier life of this instance (registered, and undone like "
            "what this run made). Both are kept by heartbeats.",
            ("retry",),
            also={"then": "", "do": ""},
        ),
    ] = None
    policy: PolicyName = None
    hint: Annotated[
        str | None,
        Key(
            ANY_TEXT,
            "Hint",
            "What a person should do about it; printed with the failure.",
            ("the namespace does not exist; check RIVET_NAMESPACE",),
        ),
    ] = None
    exit_status: Annotated[
        int | None,
        Key(
            or_variable(integer(least=1, most=125)),
            "Exit code",
            "The exit status of `enlist run` when this class ends a required registration.",
            (76,),
            also={"exit_status": ""},
            name="exit_code",
        ),
    ] = None
    message: Annotated[
        "str | Template | None",
        Key(
            TEXT,
            "Message",
            "A JMESPath into the response body to the server's own words, printed with the failure. "
            "Placeholders stand within quotes.",
            ("error.message",),
        ),
    ] = None


FAILURE_CLASSES = defined(
    list_of(part(ClassSpec)),
    "failure_classes",
    "Failure classes",
    "What to make of a failed attempt. The first entry that matches decides; the innermost list is asked first, the "
    "built-in classes last.",
    [{"name": "conflict", "match": {"status": 409}, "action": "succeed"}],
)

Classes = Annotated[
    tuple[ClassSpec, ...],
    Key(
        FAILURE_CLASSES,
        also={"errors": "", "on_error": "", "on_failure": "", "classes": ""},
        name="failure_classes",
    ),
]
