"""The shape of a file: JSON Schema findings as diagnostics in words.

The schema is the single source of what may stand where; this module asks jsonschema and says each finding
anew, at the place where the mistake is, with what to write instead. The library's own texts dump values and
schemas, and its ``additionalProperties`` points at the parent.
"""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from runner.config.source import Path, SourceTree
from runner.model.diagnostic import Diagnostic, Span

SCHEMA_FILE = "enlist.v1.schema.json"

# What people write who know another tool, and what it is called here.
_SYNONYMS = {
    "retries": "attempts (it counts the first request too: 3 retries are attempts: 4)",
    "max_attempts": "attempts",
    "max_retries": "attempts (it counts the first request too: 3 retries are attempts: 4)",
    "depends_on": "needs",
    "factor": "multiplier",
    "max_delay": "max",
    "initial_delay": "initial",
    "timeout": "attempt_timeout (one attempt) or deadline (all of them)",
    "body": "json, form or text",
    "data": "json, form or text",
    "verb": "method",
    "uri": "url",
    "params": "query",
    "vars": "variables",
    "policies": "retry_policies",
    "retry": "policy",
    "token": "bearer",
    "description": "a comment (# ...)",
}
_TYPE_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}
_PATTERN_WORDS = (
    ("(ms|s|m|h|d)", "E210", "a duration", "write the unit: 500ms, 5s, 1m30s, 2h"),
    ("(B|KB|MB", "E211", "a size", "write the unit: 64KiB, 1MiB, 10MB"),
    ("[0-9]{3}", "E212", "a set of status codes", "write 429, 5xx or 500-599, or a list of them"),
    ("^https?://", "E213", "an http or https URL", "begin with http:// or https://"),
    ("^[a-z][a-z0-9_-]*$", "E208", "a name", "names begin with a-z, then a-z, 0-9, - and _"),
    ("^[A-Za-z_]", "E208", "an environment variable's name", "letters, digits and _, not beginning with a digit"),
    ("^/", "E214", "a path", "begin with /, or with a captured ${step.capture}"),
    (":[0-9]+$", "E215", "an address", "write host:port, as in 127.0.0.1:8080"),
    ("^unlimited$", "E216", "a number of attempts", "write a number from 1 on, or unlimited"),
)  # fmt: skip


@cache
def load_schema() -> dict[str, Any]:
    """Return the schema that is shipped with the package."""
    text = resources.files("runner.schemas").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def check_shape(tree: SourceTree) -> tuple[Diagnostic, ...]:
    """Return what the schema says against a document, in words and with places."""
    errors = Draft7Validator(load_schema()).iter_errors(tree.data)
    return tuple(finding for error in errors for finding in _findings(error, tree))


def _findings(error: ValidationError, tree: SourceTree) -> Iterator[Diagnostic]:
    path: Path = tuple(error.absolute_path)
    explain = _EXPLAINERS.get(str(error.validator), _other)
    yield from explain(error, path, tree)


def _data(error: ValidationError) -> Any:
    """What the error is about; the library's types allow for an error that is about nothing."""
    return error.instance


def _where(path: Path) -> str:
    return ".".join(str(part) for part in path) or "the file"


def _type(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    allowed: Any = error.validator_value
    names = [allowed] if isinstance(allowed, str) else allowed
    wanted = _one_of(_TYPE_NAMES[name] for name in names)
    hint = None
    value = error.instance
    words = _words_for(error.schema.get("pattern", "")) if isinstance(error.schema, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and words is not None:
        code, wanted, hint = words
        if code == "E210":
            hint = f"write the unit: {value}s or {value}ms"
        yield Diagnostic(code=code, span=tree.span(path), message=f"{value} is not {wanted}", hint=hint)
        return
    if value is None:
        message = f"{_where(path)} has no value; it must be {wanted}"
    else:
        message = f"{_where(path)} must be {wanted}, and is {_kind_of(value)}"
    if isinstance(value, str) and value.lower() in {"yes", "no", "on", "off"} and "boolean" in names:
        hint = "write true or false"
    yield Diagnostic(code="E201", span=tree.span(path), message=message, hint=hint)


def _required(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    required: Any = error.validator_value
    missing = [key for key in required if key not in _data(error)]
    # One error comes for each missing key, in this order; its message begins with the key.
    key = next(key for key in missing if error.message.startswith(repr(key)))
    message = f'{_where(path)} needs the key "{key}"'
    hint = "begin the file with version: 1" if key == "version" else None
    yield Diagnostic(code="E202", span=_head(tree, path), message=message, hint=hint)


def _head(tree: SourceTree, path: Path) -> Span:
    """The key of a map, which is shorter to underline than all of the map."""
    span = tree.key_span(path)
    if span.line == span.end_line:
        return span
    return Span(span.file, span.line, span.column, span.line, len(tree.lines[span.line - 1]) + 1)


def _unknown_keys(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
    for key in _data(error):
        if key in known or (not path and key.startswith("x-")):
            continue
        where = f" in {_where(path)}" if path else ""
        yield Diagnostic(
            code="E203",
            span=tree.key_span((*path, key)),
            message=f'unknown key "{key}"{where}',
            hint=_suggest_key(key, known),
        )


def _suggest_key(key: str, known: list[str]) -> str:
    if close := did_you_mean(key, known):
        return close
    synonym = _SYNONYMS.get(key)
    if synonym is not None and synonym.split(" ")[0].rstrip(",") in [*known, "a"]:
        return f"here it is called {synonym}" if synonym[:2] != "a " else f"write it as {synonym}"
    return "known keys: " + ", ".join(known)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a suggestion when one of the known words is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"?' if close else None


def _enum(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    allowed = [str(value) for value in error.validator_value]  # type: ignore[union-attr]  # enum is a list
    hint = did_you_mean(str(error.instance), allowed) or "one of: " + ", ".join(allowed)
    message = f"{_quoted(error.instance)} is not a value of {_where(path)}"
    yield Diagnostic(code="E204", span=tree.span(path), message=message, hint=hint)


def _const(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    message = (
        f"version {_quoted(error.instance)} is not known; this enlist reads version {error.validator_value}"
    )
    hint = "write version: 1, or install the enlist that reads this version"
    yield Diagnostic(code="E205", span=tree.span(path), message=message, hint=hint)


def _pattern(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    words = _words_for(str(error.validator_value))
    code, what, hint = words or ("E206", "allowed here", None)
    # A key that breaks a name's rule is reported at the map; its own place is better.
    key_path = (*path, str(error.instance)) if _is_key_error(error) else path
    span = tree.key_span(key_path) if _is_key_error(error) else tree.span(path)
    yield Diagnostic(code=code, span=span, message=f"{_quoted(error.instance)} is not {what}", hint=hint)


def _is_key_error(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _words_for(pattern: str) -> tuple[str, str, str | None] | None:
    return next(((code, what, hint) for mark, code, what, hint in _PATTERN_WORDS if mark in pattern), None)


def _range(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    least = str(error.validator) == "minimum"
    message = f"{error.instance} is too {'small' if least else 'large'} for {_where(path)}"
    hint = f"the {'least' if least else 'most'} is {error.validator_value}"
    yield Diagnostic(code="E207", span=tree.span(path), message=message, hint=hint)


def _count(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    if str(error.validator) == "maxLength" and _is_key_error(error):
        span = tree.key_span((*path, str(error.instance)))
        hint = f"names have at most {error.validator_value} characters"
        yield Diagnostic(
            code="E208", span=span, message=f"{_quoted(error.instance)} is not a name", hint=hint
        )
        return
    if str(error.validator) == "maxLength":
        message = f"{_where(path)} is longer than {error.validator_value} characters"
    elif str(error.validator) == "maxProperties":
        message = f"{_where(path)} takes one key only, and has {', '.join(_data(error))}"
    else:
        message = f"{_where(path)} must not be empty"
    yield Diagnostic(code="E209", span=_head(tree, path), message=message)


def _other(_error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    yield Diagnostic(code="E206", span=tree.span(path), message=f"{_where(path)} is not as the schema says")


_EXPLAINERS: dict[str, Callable[[ValidationError, Path, SourceTree], Iterator[Diagnostic]]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _unknown_keys,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _range,
    "maximum": _range,
    "minItems": _count,
    "minProperties": _count,
    "maxProperties": _count,
    "minLength": _count,
    "maxLength": _count,
}


def _kind_of(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {_quoted(value)}"
        case list():
            return "a list"
        case _:
            return "a map"


def _quoted(value: object) -> str:
    # A number of thousands of digits has no text in Python.
    text = str(value) if not isinstance(value, int) or value.bit_length() < 1000 else "a very long number"
    return f'"{text[:57]}..."' if len(text) > 60 else f'"{text}"'


def _one_of(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
