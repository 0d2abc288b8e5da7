"""The kinds of values that a file has: durations, names, texts, lists of parts, with their patterns and their words.

The patterns avoid look-around and the classes that JavaScript, which editors run, and Python read differently.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from runner.language.key import NO_WORDS, Definition, Kind, about


def _patterned(pattern: str, message: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "patternErrorMessage": message, **more}


def defined(kind: Kind, name: str, title: str, text: str, *examples: Any, reader: str = "") -> Kind:
    """Return a kind that has its own place in the schema, where several keys share what it says."""
    return replace(kind, definition=Definition(name, title, text, examples), reader=reader or kind.reader)


def integer(least: int | None = None, most: int | None = None) -> Kind:
    """Return the kind of whole numbers within bounds."""
    return Kind(reader="integer", schema=_bounded("integer", least, most))


def number(least: float | None = None, most: float | None = None) -> Kind:
    """Return the kind of numbers within bounds."""
    return Kind(reader="number", schema=_bounded("number", least, most))


def _bounded(kind: str, least: float | None, most: float | None) -> dict[str, Any]:
    bounds = {"minimum": least, "maximum": most}
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}


def choice(
    words: type[StrEnum], *meanings: str, also: Mapping[str, str] = NO_WORDS, but: tuple[StrEnum, ...] = ()
) -> Kind:
    """Return the kind of one of a closed list of words.

    Args:
        words: the list.
        meanings: what each of them means, for editors.
        also: other tools' words, and the one here.
        but: words that a file cannot say.
    """
    schema: dict[str, Any] = {"type": "string", "enum": [str(word) for word in words if word not in but]}
    if meanings:
        schema["enumDescriptions"] = list(meanings)
    return Kind(reader="choice", schema=schema, holds=words, words=also)


def part(holds: type) -> Kind:
    """Return the kind of a map with known keys."""
    return Kind(reader="part", schema={"$ref": f"#/definitions/{about(holds).name}"}, holds=holds)


def named(holds: type, *, least: int = 0) -> Kind:
    """Return the kind of parts by name."""
    schema = {"type": "object", "propertyNames": NAME, **({"minProperties": least} if least else {})}
    return Kind(reader="named", schema={**schema, "additionalProperties": part(holds)}, holds=holds)


def list_of(item: Kind, *, least: int = 0) -> Kind:
    """Return the kind of a list."""
    schema = {"type": "array", **({"minItems": least} if least else {}), "items": item}
    return Kind(reader="list", schema=schema, holds=item.holds)


def one_or_many(item: Kind, plain: str) -> Kind:
    """Return the kind of one value, or a list of at least one; ``plain`` is the JSON type of a lone one."""
    many = {"items": item, "minItems": 1}
    schema = {"type": [plain, "array"], "if": {"type": plain}, "then": item, "else": many}
    return Kind(reader="list", schema=schema, holds=item.holds)


TEXT = Kind(schema={"type": "string", "minLength": 1})
ANY_TEXT = Kind(schema={"type": "string"})
BOOLEAN = Kind(schema={"type": "boolean"})
TEMPLATE = replace(TEXT, reader="template")
ANY_TEMPLATE = replace(ANY_TEXT, reader="template")
ANYTHING = Kind(schema={})
DOCUMENT = replace(ANYTHING, reader="document")

NAME = defined(
    Kind(
        schema=_patterned(
            "^[a-z][a-z0-9_-]*$",
            "A name has lower-case letters, digits, - and _, and begins with a letter.",
            maxLength=63,
        ),
        code="E208",
        noun="a name",
        hint="names begin with a-z, then a-z, 0-9, - and _",
    ),
    "name",
    "Name",
    "Lower-case letters, digits, `-` and `_`, beginning with a letter, at most 63 characters.",
    "engine",
)
REFERENCE = replace(NAME, reader="reference")
"""The name of something else in the file."""
ENDPOINT_NAME = defined(
    NAME,
    "endpoint_name",
    "Endpoint",
    "The name of an entry of `endpoints`. A step or verb without one uses the endpoint of its registration.",
    "engine",
    reader="reference",
)
POLICY_NAME = defined(
    NAME,
    "policy_name",
    "Retry policy",
    "The name of an entry of `retry_policies`. A registration without one uses the policy called `default`; "
    "anything else uses that of its registration.",
    "boot",
    reader="reference",
)
ENV_NAME = defined(
    Kind(
        schema=_patterned(
            "^[A-Za-z_][A-Za-z0-9_]*$",
            "The name of an environment variable has letters, digits and _, and begins with none of the digits.",
        ),
        code="E208",
        noun="an environment variable's name",
        hint="letters, digits and _, not beginning with a digit",
    ),
    "env_name",
    "Environment variable",
    "The name of an environment variable.",
    "RIVET_ENDPOINT",
)
SCALAR = defined(
    Kind(schema={"type": ["string", "number", "boolean"]}),
    "scalar",
    "Plain value",
    "A text, a number, true or false.",
    "eu",
    8080,
    True,
)
_VALUE = Kind(schema={"type": ["string", "number", "boolean", "array"], "items": SCALAR})
VALUE = defined(
    _VALUE,
    "value",
    "Value",
    "A text, a number, true or false, or a list of these.",
    "http://app:3000",
    3600,
    ["eu", "us"],
)
DURATION = defined(
    Kind(
        reader="duration",
        schema=_patterned(
            "^([0-9]+([.][0-9]+)?(ms|s|m|h|d))+$|[$][{]",
            "A length of time is a number with its unit: 500ms, 5s, 1m30s.",
        ),
        unit="_s",
        code="E210",
        noun="a duration",
        hint="write the unit: 500ms, 5s, 1m30s, 2h",
    ),
    "duration",
    "Duration",
    "A length of time with its unit: ms, s, m, h or d. A bare number is refused, because `5` could be seconds or "
    "milliseconds.",
    "500ms",
    "5s",
    "1m30s",
)
TIME = replace(DURATION, reader="time")
"""A duration above 0s: what would end before it began is refused."""
SIZE = Kind(
    reader="size",
    schema=_patterned(
        "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$|[$][{]", "A size is a whole number with its unit: 64KiB, 1MiB."
    ),
    unit="_bytes",
    code="E211",
    noun="a size",
    hint="write the unit: 64KiB, 1MiB, 10MB",
)
BASE_URL = defined(
    Kind(
        reader="template",
        schema=_patterned("^https?://|[$][{]", "A URL begins with http:// or https://."),
        code="E213",
        noun="an http or https URL",
        hint="begin with http:// or https://",
    ),
    "base_url",
    "URL",
    "The address of the control plane, with http:// or https://. Requests never leave this origin.",
    "http://127.0.0.1:6420",
    "${var.engine_url}",
)
ADDRESS = Kind(
    reader="template",
    schema=_patterned(
        ":(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[0-5]?[0-9]{1,4})$|[$][{]",
        "Write HOST:PORT, as 127.0.0.1:3000.",
    ),
    code="E215",
    noun="an address",
    hint="write host:port, as in 127.0.0.1:8080; a port is at most 65535",
)
PATH = Kind(
    reader="path",
    schema=_patterned("^/|[$][{]", "A path begins with /."),
    code="E214",
    noun="a path",
    hint="begin with /, or with a captured ${step.capture}",
)
ATTEMPTS = Kind(
    reader="attempts",
    schema={
        "type": ["integer", "string"],
        "minimum": 1,
        "pattern": "^unlimited$",
        "patternErrorMessage": "Write a number, or unlimited.",
    },
    code="E216",
    noun="a number of attempts",
    hint="write a number from 1 on, or unlimited",
)
_STATUS_CODES = Kind(
    schema={
        "type": ["integer", "string"],
        "minimum": 100,
        "maximum": 599,
        "pattern": "^([0-9]{3}|[1-5]xx|[0-9]{3}-[0-9]{3})$",
        "patternErrorMessage": "Statuses are written as 429, 5xx or 500-599.",
    },
    code="E212",
    noun="a set of status codes",
    hint="write 429, 5xx or 500-599, or a list of them",
)
STATUS_SET = defined(
    replace(
        _STATUS_CODES,
        reader="statuses",
        schema={
            **_STATUS_CODES.schema,
            "type": ["integer", "string", "array"],
            "minItems": 1,
            "items": defined(
                _STATUS_CODES,
                "status_codes",
                "Status codes",
                "One HTTP status code (429), a class (5xx) or a range (500-599).",
                429,
                "5xx",
                "500-599",
            ),
        },
    ),
    "status_set",
    "Status set",
    "HTTP status codes: one (429), a class (5xx), a range (500-599), or a list of these. `except` takes codes out of "
    "`status`; in `expect` the default of `status` is 2xx.",
    200,
    "5xx",
    [429, "500-599"],
)
HEADERS = defined(
    Kind(reader="headers", schema={"type": "object", "additionalProperties": SCALAR}),
    "headers",
    "Headers",
    "Header names and their values.",
    {"X-Registrar": "enlist", "X-Token": "${var.token}"},
)
_PARAMETER = defined(
    Kind(schema={"type": ["string", "number", "boolean", "array", "object"]}),
    "parameter",
    "Parameter",
    "A plain value, a list of values, or a map that is a directive.",
    "default",
    500,
    ["a", "b"],
)
PARAMETERS = defined(
    Kind(reader="parameters", schema={"type": "object", "additionalProperties": _PARAMETER}),
    "parameters",
    "Parameters",
    "Names and values of a query or a form. A list repeats the name; a map is a directive.",
    {"namespace": "${var.namespace}", "limit": 500},
)
EXCEPT = replace(STATUS_SET, reader="beside")
"""Read by the reader of the key that it takes codes out of."""
