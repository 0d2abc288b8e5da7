"""What a recipe is given by ``with``: its parameters, typed like variables, and what editors know of them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import ANY_TEXT, ANYTHING, BOOLEAN, DURATION, TEXT, choice, defined, list_of
from runner.language.value import Json


class ParameterType(StrEnum):
    """The type of what a recipe is given."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    LIST = "list"
    MAP = "map"


PARAMETER_NAME = defined(
    Kind(
        schema={
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*$",
            "patternErrorMessage": "A parameter has lower-case letters, digits and _, and begins with a letter.",
            "maxLength": 63,
        },
        code="E208",
        noun="a parameter's name",
        hint="begin with a-z, then a-z, 0-9 and _",
    ),
    "parameter_name",
    "Parameter name",
    "Lower-case letters, digits and `_`, beginning with a letter, at most 63 characters.",
    "request_lifespan",
)
PLACEHOLDER = Kind(
    schema={
        "type": "string",
        "pattern": "^[$][{].+[}]$",
        "patternErrorMessage": "Write the value without quotes, or one placeholder such as ${var.port}.",
    },
    code="E201",
    noun="a placeholder, which is the only text that can stand here",
    hint="write the value without quotes, or one placeholder such as ${var.port}",
)
_BOUND = Kind(schema={"type": ["number", "string"]})


class Parameter(Part, frozen=True, kw_only=True):
    """What a file gives a recipe by `with`; within the recipe it is `${with.name}`.

    One that has neither a value nor a default takes with it the entries that use it.
    """

    ABOUT: ClassVar = About(
        name="recipe_parameter",
        title="Recipe parameter",
        examples=({"type": "duration", "default": "30s", "description": "how long it stays without a beat"},),
    )

    name: str
    type: Annotated[
        ParameterType,
        Key(
            choice(
                ParameterType, also={"int": "integer", "bool": "boolean", "text": "string", "object": "map"}
            ),
            "Type",
            "What the value is. The default is string.",
            ("duration",),
        ),
    ] = ParameterType.STRING
    description: Annotated[
        str,
        Key(
            ANY_TEXT,
            "Description",
            "What it is for, in one line.",
            ("the service's name",),
            write="say what it is for",
        ),
    ]
    default: Annotated[
        "Json | UnsetType",
        Key(
            ANYTHING,
            "Default",
            "The value used where the file gives none; null leaves out what uses it. Without a default it must be given.",
            ("30s", 8080),
        ),
    ] = UNSET
    example: Annotated["Json | UnsetType", Key(ANYTHING, "Example", "A value that is likely.", ("web",))] = (
        UNSET
    )
    secret: Annotated[
        bool,
        Key(
            BOOLEAN, "Secret", "Print what is given as *** everywhere, wherever the recipe puts it.", (True,)
        ),
    ] = False
    choices: Annotated[
        tuple[str, ...],
        Key(
            list_of(TEXT), "Choices", "The only texts that it takes. The default is any.", (["ttl", "http"],)
        ),
    ] = ()
    min: Annotated[
        "Json",
        Key(
            _BOUND,
            "Minimum",
            "The least value; of a text its length, of a list or map how many it has. The default is none.",
            ("1m", 1),
        ),
    ] = None
    max: Annotated[
        "Json",
        Key(
            _BOUND,
            "Maximum",
            "The largest value; of a text its length, of a list or map how many it has. The default is none.",
            ("30m", 16),
        ),
    ] = None

    @property
    def is_required(self) -> bool:
        """Whether the file must give it."""
        return self.default is UNSET


_TYPES: Mapping[ParameterType, Mapping[str, Any]] = {
    ParameterType.STRING: {"type": "string"},
    ParameterType.INTEGER: {**PLACEHOLDER.schema, "type": ["integer", "string"]},
    ParameterType.NUMBER: {**PLACEHOLDER.schema, "type": ["number", "string"]},
    ParameterType.BOOLEAN: {**PLACEHOLDER.schema, "type": ["boolean", "string"]},
    ParameterType.DURATION: DURATION.schema,
    ParameterType.LIST: {**PLACEHOLDER.schema, "type": ["array", "string"]},
    ParameterType.MAP: {"type": "object"},
}


def schema_of(name: str, said: Parameter) -> dict[str, Any]:
    """Return the schema of what stands under a parameter's name in ``with``."""
    is_number = said.type in {ParameterType.INTEGER, ParameterType.NUMBER}
    bounds = {"minimum": said.min, "maximum": said.max} if is_number else {}
    default = None if said.default is UNSET else said.default
    shown = "" if default is None else f" The default is {_plain(default)}."
    return {
        "title": name,
        "description": f"{said.description.rstrip('.')}.{shown}",
        **_TYPES[said.type],
        **({"enum": list(said.choices)} if said.choices else {}),
        **{keyword: bound for keyword, bound in bounds.items() if bound is not None},
        **({} if default is None else {"default": default}),
        "examples": [example_of(said)],
    }


def example_of(said: Parameter) -> Json:
    """Return a value that a parameter can have."""
    likely = [
        each for each in (said.example, said.default, *said.choices) if each is not UNSET and each is not None
    ]
    return likely[0] if likely else _EXAMPLES[said.type]


def _plain(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_EXAMPLES: Mapping[ParameterType, Json] = {
    ParameterType.STRING: "web",
    ParameterType.INTEGER: 1,
    ParameterType.NUMBER: 1.5,
    ParameterType.BOOLEAN: True,
    ParameterType.DURATION: "30s",
    ParameterType.LIST: ["a", "b"],
    ParameterType.MAP: {"a": "b"},
}
