"""The shape of a file: JSON Schema findings as diagnostics in words.

The schema is the single source of what may stand where; this module asks jsonschema and says each finding
anew, at the place where the mistake is, with what to write instead. The library's own texts dump values and
schemas, and its ``additionalProperties`` points at the parent. One mistake is said once: what follows from
another finding is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain, islice
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from runner.config.read.source import Path, SourceTree
from runner.config.shape.conformance import load_schema
from runner.config.shape.hints import name_hint, two_tests, type_hint, unit_hint
from runner.config.words import kind_of, one_of, only_a_variable, quoted, suggest_key, suggest_value, where
from runner.language.late import without_variable
from runner.language.span import Span
from runner.language.words import kind_with, to_write
from runner.model.diagnostic import Diagnostic

_TYPE_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}
_MAX_RELATED = 1000
"""Of so many errors it is known which follow from others; more are only counted anyway."""
Explainer = Callable[[ValidationError, Path, SourceTree], Iterator[Diagnostic]]


@cache
def validator_of_files() -> Draft7Validator:
    """Return the validator of files."""
    return _validator(load_schema())


def _validator(schema: Mapping[str, Any]) -> Draft7Validator:
    """Return a validator, with each reference replaced by what it refers to.

    The library looks references up anew for each value, which is a third of what validation costs. What a recipe is
    given is left to who puts it into its place, since editors alone know no other recipes than ours.
    """
    definitions: dict[str, Any] = {}

    def inlined(part: Any) -> Any:
        if isinstance(part, list):
            return [inlined(item) for item in part]
        if not isinstance(part, dict):
            return part
        if isinstance(part.get("$ref"), str):
            name = part["$ref"].removeprefix("#/definitions/")
            if name not in definitions:
                definitions[name] = inlined(schema["definitions"][name])
            return definitions[name]
        return {key: inlined(value) for key, value in part.items() if key not in {"definitions", "allOf"}}

    return Draft7Validator(inlined(schema))


def check_shape(tree: SourceTree, schema: Mapping[str, Any] | None = None) -> Iterator[Diagnostic]:
    """Yield what a schema says against a document, in words and with places; that of a file where none is given."""
    validator = validator_of_files() if schema is None else _validator(schema)
    found = validator.iter_errors(tree.data)
    errors = list(islice(found, _MAX_RELATED))
    of_another_type = {tuple(error.absolute_path) for error in errors if str(error.validator) == "type"}
    meant = {
        (tuple(error.absolute_path), key)
        for error in errors
        if str(error.validator) == "additionalProperties"
        for key in _meant_keys(error)
    }
    first = (error for error in errors if not _follows(error, of_another_type, meant))
    for error in chain(first, found):
        yield from _findings(error, tree)


def _follows(error: ValidationError, of_another_type: set[Path], meant: set[tuple[Path, str]]) -> bool:
    """Whether another finding says it already: a value of another type, a key that is there and misspelt."""
    path: Path = tuple(error.absolute_path)
    if str(error.validator) == "required":
        return (path, _missing_key(error)) in meant
    return str(error.validator) != "type" and path in of_another_type and not _is_key_error(error)


def _findings(error: ValidationError, tree: SourceTree) -> Iterator[Diagnostic]:
    path: Path = tuple(error.absolute_path)
    explain = _EXPLAINERS.get(str(error.validator), _other)
    yield from explain(error, path, tree)


def _data(error: ValidationError) -> Any:
    """What the error is about; the library's types allow for an error that is about nothing."""
    return error.instance


def _type(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    own = _own(error)
    allowed: Any = own["type"]
    names = [allowed] if isinstance(allowed, str) else allowed
    value = error.instance
    words = _words_for(own.get("pattern", ""))
    if isinstance(value, int | float) and not isinstance(value, bool) and words is not None:
        code, wanted, _ = words
        hint = unit_hint(code, str(value))
        yield Diagnostic(code=code, span=tree.span(path), message=f"{value} is not {wanted}", hint=hint)
        return
    wanted = one_of(_TYPE_NAMES[name] for name in names)
    message = f"{where(path, tree)} must be {wanted}, and is {kind_of(value)}"
    if value is None:
        message = f"{where(path, tree)} has no value; it must be {wanted}"
    span = tree.span(path)
    if span.line != span.end_line and path:
        span = _head(tree, path)
    choices = error.schema.get("enum") if isinstance(error.schema, dict) else None
    hint = suggest_value(value, choices) if choices else None
    hint = hint or type_hint(value, names, str(path[-1]) if path else "", is_condition=_is_condition(error))
    yield Diagnostic(code="E201", span=span, message=message, hint=hint)


def _own(error: ValidationError) -> Mapping[str, Any]:
    """Return the schema that a value breaks, as it is without variables: of another text it is no matter."""
    return without_variable(error.schema) if isinstance(error.schema, dict) else {}


def _is_condition(error: ValidationError) -> bool:
    return isinstance(error.schema, dict) and "contains" in error.schema.get("properties", {})


def _missing_key(error: ValidationError) -> str:
    required: Any = error.validator_value
    # One error comes for each missing key; its message begins with the key.
    return next(str(key) for key in required if error.message.startswith(repr(key)))


def _required(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    key = _missing_key(error)
    message = f'{where(path, tree)} needs the key "{key}"'
    known = tuple(error.schema.get("properties", ())) if isinstance(error.schema, dict) else ()
    yield Diagnostic(code="E202", span=_head(tree, path), message=message, hint=to_write(key, known))


def _head(tree: SourceTree, path: Path) -> Span:
    """The key of a map, which is shorter to underline than all of the map."""
    span = tree.key_span(path)
    if span.line == span.end_line:
        return span
    return Span(span.file, span.line, span.column, span.line, len(tree.lines[span.line - 1]) + 1)


def _unknown_keys_of(error: ValidationError) -> tuple[list[str], list[str]]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
    at_top = not error.absolute_path
    return [key for key in _data(error) if key not in known and not (at_top and key.startswith("x-"))], known


def _meant_keys(error: ValidationError) -> Iterator[str]:
    unknown, known = _unknown_keys_of(error)
    for key in unknown:
        _, meant = suggest_key(key, known, _data(error))
        if meant is not None:
            yield meant


def _unknown_keys(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    unknown, known = _unknown_keys_of(error)
    for key in unknown:
        around = f" in {where(path, tree)}" if path else ""
        hint, _ = suggest_key(key, known, _data(error))
        span = tree.key_span((*path, key))
        yield Diagnostic(code="E203", span=span, message=f'unknown key "{key}"{around}', hint=hint)


def _enum(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    allowed = [str(value) for value in error.validator_value]  # type: ignore[union-attr]  # enum is a list
    message = f"{quoted(error.instance)} is not a value of {where(path, tree)}"
    hint = suggest_value(error.instance, allowed)
    yield Diagnostic(code="E204", span=tree.span(path), message=message, hint=hint)


def _const(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    message = (
        f"version {quoted(error.instance)} is not known; this enlist reads version {error.validator_value}"
    )
    hint = "write version: 1, or install the enlist that reads this version"
    if isinstance(error.instance, str):
        message, hint = f"version is the text {quoted(error.instance)}", "write version: 1, without quotes"
    yield Diagnostic(code="E205", span=tree.span(path), message=message, hint=hint)


def _pattern(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    if "pattern" not in (own := _own(error)):
        if "${" in str(error.instance):
            message, instead = only_a_variable(str(path[-1]), str(own["type"]))
            yield Diagnostic(code="E404", span=tree.span(path), message=message, hint=instead)
            return
        yield from _type(error, path, tree)
        return
    code, what, hint = _words_for(str(own["pattern"])) or ("E206", "allowed here", None)
    # A key that breaks a name's rule is reported at the map; its own place is better.
    key_path = (*path, str(error.instance)) if _is_key_error(error) else path
    span = tree.key_span(key_path) if _is_key_error(error) else tree.span(path)
    message = f"{quoted(error.instance)} is not {what}"
    hint = unit_hint(code, str(error.instance)) or name_hint(what, str(error.instance)) or hint
    yield Diagnostic(code=code, span=span, message=message, hint=hint)


def _is_key_error(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _words_for(pattern: str) -> tuple[str, str, str | None] | None:
    kind = kind_with(pattern)
    return None if kind is None else (kind.code, kind.noun, kind.hint)


def _range(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    least = str(error.validator) == "minimum"
    message = f"{error.instance} is too {'small' if least else 'large'} for {where(path, tree)}"
    hint = f"the {'least' if least else 'most'} is {error.validator_value}"
    yield Diagnostic(code="E207", span=tree.span(path), message=message, hint=hint)


def _count(error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    keyword, place, hint = str(error.validator), where(path, tree), None
    if keyword == "maxLength" and _is_key_error(error):
        span = tree.key_span((*path, str(error.instance)))
        hint = f"names have at most {error.validator_value} characters"
        message = f"{quoted(error.instance)} is not a name"
        yield Diagnostic(code="E208", span=span, message=message, hint=hint)
        return
    message = f"{place} must not be empty"
    if keyword == "maxLength":
        message = f"{place} is longer than {error.validator_value} characters"
    elif keyword == "maxProperties":
        what = "test" if _is_condition(error) else "key"
        message = f"{place} takes one {what}, and has {' and '.join(_data(error))}"
        hint = two_tests(_data(error), path) if what == "test" else "leave one of them out"
    yield Diagnostic(code="E209", span=_head(tree, path), message=message, hint=hint)


def _other(_error: ValidationError, path: Path, tree: SourceTree) -> Iterator[Diagnostic]:
    message = f"{where(path, tree)} is not as the schema says"
    yield Diagnostic(code="E206", span=tree.span(path), message=message)


_EXPLAINERS: dict[str, Explainer] = {
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
