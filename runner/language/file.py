"""A whole file, and the variables that it takes from outside."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from runner.language.classes import Classes
from runner.language.endpoints import Endpoint
from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import ANY_TEXT, BOOLEAN, ENV_NAME, TEXT, VALUE, choice, list_of, named, part
from runner.language.late import Late
from runner.language.lifecycle import Lifecycle
from runner.language.policies import RetryPolicy
from runner.language.registrations import RegistrationSpec
from runner.language.reports import Reports
from runner.language.stories import ScriptedTest
from runner.language.value import Json


class VariableType(StrEnum):
    """The type of a variable's value."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    LIST = "list"


class Variable(Part, frozen=True, kw_only=True):
    """A value that the file takes from outside, used as `${var.name}`.

    Give one of `env`, `file` and `value`; `default` is used where the source has nothing.
    """

    ABOUT: ClassVar = About(
        name="variable",
        title="Variable",
        examples=({"env": "RIVET_TOKEN", "default": "dev", "secret": True},),
    )

    name: str
    env: Annotated[str | None, Key(ENV_NAME)] = None
    file: Annotated[
        str | None,
        Key(
            TEXT,
            "File",
            "The file that holds the value, for example a mounted secret. The newline at its end is "
            "dropped, and the value counts as secret.",
            ("/run/secrets/token",),
        ),
    ] = None
    value: Annotated[
        "Json | UnsetType",
        Key(
            VALUE,
            "Fixed value",
            "The value itself, for something that is used in several places.",
            ("eu-west", ["eu", "us"]),
        ),
    ] = UNSET
    default: Annotated[
        "Json | UnsetType",
        Key(
            VALUE,
            "Default",
            "The value used where the source has none. Without a default, a missing value is an error "
            "that names the variable.",
            ("http://127.0.0.1:6420", 3600),
        ),
    ] = UNSET
    type: Annotated[
        VariableType,
        Key(
            choice(
                VariableType,
                also={
                    "int": "integer",
                    "float": "number",
                    "bool": "boolean",
                    "str": "string",
                    "text": "string",
                    "array": "list",
                    "json": "list",
                },
            ),
            "Type",
            "How the text is read. The default is string; a list is comma-separated or JSON.",
            ("integer",),
        ),
    ] = VariableType.STRING
    secret: Annotated[bool, Key(BOOLEAN, "Secret", "Print the value as *** everywhere.", (True,))] = False
    description: Annotated[
        str | None,
        Key(
            ANY_TEXT,
            "Description",
            "What the variable is for, in one line; shown by `enlist plan --vars`.",
            ("the URL under which the engine calls this service",),
        ),
    ] = None

    @property
    def has_value(self) -> bool:
        """Whether the file gives the value itself."""
        return self.value is not UNSET

    @property
    def has_default(self) -> bool:
        """Whether there is a value where the source has none."""
        return self.default is not UNSET


class Spec(Part, frozen=True, kw_only=True):
    """Declares how a service registers itself with its control planes.

    It has endpoints, retry policies, failure classes and registrations.
    """

    ABOUT: ClassVar = About(
        name="file",
        title="enlist, version 1",
        examples=(
            {
                "version": 1,
                "endpoints": {"engine": {"url": "http://127.0.0.1:6420"}},
                "registrations": {
                    "web": {"endpoint": "engine", "request": {"method": "PUT", "path": "/services/web"}}
                },
            },
        ),
    )

    file: str
    version: Annotated[
        int,
        Key(
            Kind(schema={"const": 1}),
            "Version",
            "The version of the language. There is one so far: 1.",
            (1,),
            write="begin the file with version: 1",
        ),
    ]
    variables: Annotated[
        Mapping[str, Variable],
        Key(
            named(Variable),
            "Variables",
            "Values from the environment, from files or written here, used as `${var.name}`. The "
            "default is none.",
            ({"pool": {"env": "RIVET_POOL", "default": "default"}},),
            also={"vars": ""},
        ),
    ] = MappingProxyType({})
    endpoints: Annotated[
        Mapping[str, Endpoint],
        Key(
            named(Endpoint, least=1),
            "Endpoints",
            "The control planes, by name. At least one.",
            ({"engine": {"url": "http://127.0.0.1:6420"}},),
            write="add endpoints:, with an address to talk to",
        ),
    ]
    policies: Annotated[
        Mapping[str, RetryPolicy],
        Key(
            named(RetryPolicy),
            "Retry policies",
            "How to retry, by name. The one called `default` is used where none is named.",
            ({"default": {"deadline": "60s"}},),
            also={"policies": "", "retry_policy": ""},
            name="retry_policies",
        ),
    ] = MappingProxyType({})
    classes: Classes = ()
    registrations: Annotated[
        Mapping[str, RegistrationSpec],
        Key(
            named(RegistrationSpec, least=1),
            "Registrations",
            "What to register, by name. At least one.",
            ({"web": {"endpoint": "engine", "request": {"method": "PUT", "path": "/services/web"}}},),
            also={"services": "", "register": ""},
            write="add registrations:, with what to register",
        ),
    ]
    lifecycle: Annotated[Lifecycle, Key(part(Lifecycle))] = Lifecycle()
    reports: Annotated[Reports, Key(part(Reports), name="report")] = Reports()
    late: tuple[Late, ...] = ()
    """The places whose value a variable gives."""
    tests: Annotated[
        tuple[ScriptedTest, ...],
        Key(
            list_of(part(ScriptedTest)),
            "Tests",
            "Stories that `enlist test` plays against this file. The default is none.",
            (
                [
                    {
                        "name": "a conflict is a success",
                        "given": [{"status": 409}],
                        "then": {"outcome": "already_registered"},
                    }
                ],
            ),
        ),
    ] = ()
