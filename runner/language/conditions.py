"""Conditions: what a value of an answer must be, as data."""

from typing import Annotated, ClassVar

from msgspec.structs import replace

from runner.language.key import About, Key, Kind, Part
from runner.language.kinds import BOOLEAN, DOCUMENT, TEXT, defined, number, part
from runner.language.value import Document


class ConditionTests(Part, frozen=True, kw_only=True):
    """A plain value means equals; a map holds exactly one test."""

    ABOUT: ClassVar = About(
        name="condition",
        title="Condition",
        examples=("not_found", {"contains": "already exists"}, {"min": 1}),
        at_least_one=True,
        at_most_one=True,
        short=Kind(schema={"type": ["string", "number", "boolean", "null", "object"]}),
    )

    equals: Annotated[
        Document,
        Key(
            DOCUMENT,
            "Equals",
            "Holds where the value is exactly this, of any type.",
            ("ready", ["eu", "us"]),
            also={"eq": "", "is": ""},
        ),
    ] = None
    in_: Annotated[
        Document,
        Key(
            Kind(reader="document", schema={"type": "array"}),
            "In",
            "Holds where the value is one of these.",
            (["ready", "running"],),
            also={"one_of": ""},
        ),
    ] = None
    contains: Annotated[
        Document,
        Key(
            Kind(reader="document", schema={"type": ["string", "number", "boolean"]}),
            "Contains",
            "Holds where a text has this part, or a list this member.",
            ("already exists",),
        ),
    ] = None
    matches: Annotated[
        str | None,
        Key(
            TEXT,
            "Matches",
            "Holds where this regular expression (RE2's syntax: no look-around, no reference back) is found "
            "in the text, of which the first 8 KiB are read.",
            ("^v[0-9]+$",),
            also={"regex": ""},
        ),
    ] = None
    exists: Annotated[
        bool | None,
        Key(
            BOOLEAN,
            "Exists",
            "true holds where there is a value, false where there is none.",
            (True,),
            also={"present": ""},
        ),
    ] = None
    empty: Annotated[
        bool | None,
        Key(
            BOOLEAN,
            "Empty",
            "true holds for an empty text, list or map, false for one that is not empty.",
            (False,),
        ),
    ] = None
    min: Annotated[
        float | None,
        Key(number(), "At least", "Holds where the number is this or more.", (1,), also={"gte": ""}),
    ] = None
    max: Annotated[
        float | None,
        Key(number(), "At most", "Holds where the number is this or less.", (100,), also={"lte": ""}),
    ] = None


CONDITION = part(ConditionTests)
_NAMED = Kind(schema={"type": "object", "minProperties": 1, "additionalProperties": CONDITION})
BODY_CONDITIONS = defined(
    _NAMED,
    "conditions",
    "Conditions",
    "For each JMESPath into the body, or each header name, the condition that its value must meet. All must hold.",
    {"error.code": "not_found", "length(items)": {"min": 1}},
    reader="body_conditions",
)
HEADER_CONDITIONS = replace(BODY_CONDITIONS, reader="header_conditions")
PARAMETER_CONDITIONS = replace(_NAMED, reader="header_conditions")
"""On what has names of its own, where the key says of what."""
_CAPTURED = defined(
    Kind(
        schema={
            "type": "string",
            "pattern": "^[a-z][a-z0-9_-]*[.][A-Za-z_][A-Za-z0-9_-]*$",
            "patternErrorMessage": "Write the step and its capture: lookup.id.",
        },
        code="E208",
        noun="a captured value",
        hint="write the step and its capture, as in lookup.id",
    ),
    "captured",
    "Captured value",
    "A capture of an earlier step, as `step.capture`.",
    "lookup.id",
)
WHEN = defined(
    Kind(
        reader="when",
        schema={
            "type": "object",
            "minProperties": 1,
            "propertyNames": _CAPTURED,
            "additionalProperties": CONDITION,
        },
    ),
    "when",
    "When",
    "Conditions on what earlier steps captured, by `step.capture`. Where one does not hold, the step is skipped and "
    "captures nothing. Where every step that writes is skipped, it was there already and is not deregistered.",
    {"lookup.id": {"exists": False}},
)
