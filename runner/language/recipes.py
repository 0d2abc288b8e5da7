"""Recipes: what is known of a control plane, written once, and what a file gives them (``use`` and ``with``)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import ANY_TEXT, TEXT, list_of, named, part
from runner.language.parameters import PARAMETER_NAME, Parameter, example_of, schema_of
from runner.language.policies import RetryPolicy
from runner.language.stories import ScriptedTest
from runner.language.value import Json

SUFFIX = ".recipe.yaml"
"""What the name of a recipe's file ends with."""


_TEMPLATE = Kind(schema={"type": "object"})


class RecipeRule(Part, frozen=True, kw_only=True):
    """What must hold across parameters; it is asked where all that it names is written in the file."""

    ABOUT: ClassVar = About(
        name="recipe_rule",
        title="Recipe rule",
        examples=({"that": "drain < lifespan", "message": "the drain must be shorter than the lifespan"},),
    )

    that: Annotated[
        str,
        Key(
            TEXT,
            "Condition",
            "A JMESPath over the parameters that must be true; durations are in seconds, what is not given is null.",
            ("drain < lifespan",),
            write="add that: with what must be true",
        ),
    ]
    message: Annotated[
        str,
        Key(
            TEXT,
            "Message",
            "What is said where it does not hold.",
            ("the drain must be shorter",),
            write="say why",
        ),
    ]
    hint: Annotated[str | None, Key(TEXT, "Hint", "What to do about it.", ("lower both",))] = None


class RecipeTest(ScriptedTest, frozen=True, kw_only=True):
    """A story about the control plane and how a registration by this recipe must end."""

    ABOUT: ClassVar = About(
        name="recipe_test",
        title="Recipe test",
        examples=(
            {
                "name": "it is there already",
                "with": {"name": "web"},
                "given": [{"status": 409}],
                "then": {"outcome": "already_registered"},
            },
        ),
        but=("registration", "variables"),
    )

    with_: Annotated[
        Mapping[str, Json],
        Key(
            Kind(schema={"type": "object"}),
            "Parameters",
            "What the recipe is given. The default is none.",
            ({"name": "web"},),
        ),
    ] = MappingProxyType({})


class Recipe(Part, frozen=True, kw_only=True):
    """What is known of a control plane: `use: plane/name`, or `use: ./own.recipe.yaml` relative to the file.

    A recipe is data. `${with.parameter}` stands for what the file gives; `${with.ttl.seconds}` is a duration as a
    number, and `${with.ttl / 3}` a part of one. A map with `$if: parameter` (or `$unless`, or `$if: {parameter: value}`) is
    left out where that does not hold; `{$if: ..., $then: ..., $else: ...}` is one of two values; `$with: parameter`
    puts the entries of a map among those that are there.
    """

    ABOUT: ClassVar = About(
        name="recipe",
        title="Recipe",
        examples=(
            {
                "version": 1,
                "title": "a service of the example plane",
                "parameters": {"name": {"description": "the service's name"}},
                "registration": {"request": {"method": "PUT", "path": "/services/${with.name}"}},
            },
        ),
    )

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
    title: Annotated[
        str,
        Key(
            TEXT,
            "Title",
            "What it registers, in one line.",
            ("a service of the local agent",),
            write="add title: with what it registers",
        ),
    ]
    description: Annotated[
        str,
        Key(
            ANY_TEXT,
            "Description",
            "What somebody should know who uses it. The default is nothing.",
            ("Needs a token.",),
        ),
    ] = ""
    seen: Annotated[
        str | None,
        Key(
            TEXT,
            "Seen on",
            "The server that it was run on, and what that was seen to do. Without it, it has not run on a real server yet.",
            ("Consul 1.8.7",),
        ),
    ] = None
    address: Annotated[
        str,
        Key(
            TEXT,
            "Address",
            "Where the control plane most likely is; for examples.",
            ("http://127.0.0.1:8500",),
        ),
    ] = "http://127.0.0.1:8080"
    parameters: Annotated[
        Mapping[str, Parameter],
        Key(
            Kind(
                reader="named",
                schema={
                    "type": "object",
                    "propertyNames": PARAMETER_NAME,
                    "additionalProperties": part(Parameter),
                },
                holds=Parameter,
            ),
            "Parameters",
            "What a file gives it, by name. The default is none.",
            ({"name": {"description": "the service's name"}},),
            also={"inputs": "", "variables": ""},
        ),
    ] = MappingProxyType({})
    rules: Annotated[
        tuple[RecipeRule, ...],
        Key(
            list_of(part(RecipeRule)),
            "Rules",
            "What must hold across parameters. The default is none.",
            ([{"that": "drain < lifespan", "message": "the drain must be shorter than the lifespan"}],),
        ),
    ] = ()
    endpoint: Annotated[
        Mapping[str, Any],
        Key(
            _TEMPLATE,
            "Endpoint",
            "What it needs of its endpoint: keys of an endpoint without its address. Where the file says otherwise, the file wins.",
            ({"attempt_timeout": "15s"},),
        ),
    ] = MappingProxyType({})
    policies: Annotated[
        Mapping[str, RetryPolicy],
        Key(
            named(RetryPolicy),
            "Retry policies",
            "The policies that its classes name. The default is none.",
            ({"boot": {"deadline": "3s"}},),
            also={"policies": ""},
            name="retry_policies",
        ),
    ] = MappingProxyType({})
    registration: Annotated[
        Mapping[str, Any],
        Key(
            _TEMPLATE,
            "Registration",
            "The registration, with the keys that one has in a file.",
            ({"request": {"method": "PUT", "path": "/services/${with.name}"}},),
            write="add registration: with what it sends",
        ),
    ]
    tests: Annotated[
        tuple[RecipeTest, ...],
        Key(
            list_of(part(RecipeTest)),
            "Tests",
            "Stories that `enlist test` plays against it. The default is none.",
            (
                [
                    {
                        "name": "it is there already",
                        "with": {"name": "web"},
                        "given": [{"status": 409}],
                        "then": {"outcome": "already_registered"},
                    }
                ],
            ),
        ),
    ] = ()


def with_schema(recipe: Recipe) -> dict[str, Any]:
    """Return the schema of what a file gives a recipe: for editors, and for who checks it."""
    required = {name: example_of(each) for name, each in recipe.parameters.items() if each.is_required}
    return {
        "title": recipe.title,
        "description": recipe.description.strip() or recipe.title,
        "type": "object",
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
        "examples": [required],
        "properties": {name: schema_of(name, each) for name, each in recipe.parameters.items()},
    }
