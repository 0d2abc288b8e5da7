"""The parts of which steps are made: requests, expectations, captures, matches, conditions, bodies."""

from typing import Any

from runner.config.typed.cursor import Cursor
from runner.config.typed.declared import read_part
from runner.config.typed.headers import read_headers
from runner.config.typed.paths import check_path
from runner.language.classes import Match
from runner.language.policies import Backoff
from runner.language.requests import (
    ALL_2XX,
    BodyKind,
    Expect,
    Method,
    RequestTemplate,
)
from runner.language.terms import Processed, TransportKind
from runner.language.units import UnitError, format_duration, parse_status_set
from runner.language.value import (
    Condition,
    Document,
    Encode,
    ForEach,
    ListNode,
    MapNode,
    Named,
    Operator,
    Reference,
    Source,
    StatusSet,
    Template,
)

_IDEMPOTENT_METHODS = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
_DIRECTIVES = ("$for_each", "$key", "$value", "$allow_empty", "$base64", "$json", "$parse")
_LONE = {"$base64", "$json", "$parse"}


def read_backoff(at: Cursor | None) -> Backoff:
    """Read the waits of a policy."""
    backoff = read_part(at, Backoff)
    if at is not None and backoff.initial_s > backoff.max_s:
        named = at.get("initial") or at.child("max")
        longest = format_duration(backoff.max_s)
        hint = f"the first wait would be cut to {longest}; write both, the larger one as max"
        default = format_duration(Backoff().max_s)
        named.report("E330", f"initial is above max, which is {default} where it is not written", hint)
    return backoff


def read_request(at: Cursor, *, repeatable: bool = False) -> RequestTemplate:
    """Read a request.

    Args:
        at: where it stands.
        repeatable: whether it may be sent again whatever its method, where the file does not say.
    """
    method = Method(at.data.get("method", Method.GET))
    bodies = [kind for kind in BodyKind if kind in at]
    if len(bodies) > 1:
        at.report("E306", f"a request has one body, and this has {' and '.join(bodies)}", at_key=True)
    body: dict[str, Any] = {str(kind): _body(at, kind) for kind in bodies[:1]}
    return RequestTemplate(
        method=method,
        path=_path(at.child("path")),
        query=_parameters(at.get("query"), "a query"),
        headers=read_headers(at),
        idempotent=at.data.get("idempotent", repeatable or method in _IDEMPOTENT_METHODS),
        **body,
    )


def _body(at: Cursor, kind: BodyKind) -> Document:
    return _parameters(at.get(kind), "a form") if kind is BodyKind.FORM else read_document(at.child(kind))


def _path(at: Cursor) -> Template:
    """Read a path: it begins with a slash, so that no value can become a part of the host."""
    path = at.template()
    whole = path.whole
    captured = whole is not None and whole.source is Source.CAPTURE
    literals = [part for part in path.parts if isinstance(part, str)]
    if not captured and not str(path.parts[0]).startswith("/"):
        hint = "begin with /, or with a captured ${step.capture} alone"
        at.report("E214", f'"{at.data}" is not a path', hint)
    if any("?" in literal for literal in literals):
        at.report("E307", "a path has no ? and no #", "put the parameters under query")
    elif any("#" in literal for literal in literals):
        at.report("E307", "a path has no ? and no #", "write a space before a # that begins a comment")
    return path


def _parameters(at: Cursor | None, what: str) -> Document:
    """Read a query or a form: names with texts, or lists of texts."""
    if at is None:
        return MapNode(())
    for name in at.data:
        value = at.child(name)
        if isinstance(value.data, dict) and not any(key in value.data for key in _DIRECTIVES):
            hint = "write $json: before it to send it as JSON"
            value.report("E309", f"{name} is a map, and {what} has texts", hint)
    return read_document(at)


def read_expect(at: Cursor | None) -> Expect:
    """Read what makes an answer a success; any 2xx does where nothing else is said."""
    if at is None:
        return Expect()
    return Expect(
        status=_status_set(at) or ALL_2XX,
        body=read_named(at, "body", is_path=True),
        headers=read_named(at, "headers", is_path=False),
    )


def _status_set(at: Cursor) -> StatusSet | None:
    """Read ``status`` with ``except`` beside it."""
    if "status" not in at and "except" not in at:
        return None
    included = at.list("status", lambda item: item.data) or ("2xx" if at.key == "expect" else "100-599",)
    try:
        return parse_status_set(list(included), list(at.list("except", lambda item: item.data)))
    except UnitError as error:
        (at.get("status") or at).report("E212", str(error), error.hint)
        return None


def read_match(at: Cursor) -> Match:
    """Read the conditions of a failure class."""
    kinds = at.list("errors", lambda item: TransportKind(item.data))
    processed = at.list("processed", lambda item: Processed(item.data))
    return Match(
        status=_status_set(at),
        kinds=frozenset(kinds) or None,
        body=read_named(at, "body", is_path=True),
        headers=read_named(at, "headers", is_path=False),
        text=read_condition(at.child("text")) if "text" in at else None,
        processed=frozenset(processed) or None,
    )


def read_named(at: Cursor, key: str, *, is_path: bool) -> tuple[Named, ...]:
    """Read conditions by the path or header that they are about."""
    below = at.get(key)
    if below is None:
        return ()
    found = []
    for name in below.data:
        child = below.child(name)
        template = Cursor(at.tree, child.path, name, at.findings, at.late).template(at_key=True)
        if is_path:
            check_path(child, template, at_key=True)
        found.append(Named(template, read_condition(child)))
    return tuple(found)


def read_when(at: Cursor) -> tuple[Named, ...]:
    """Read what a step asks of the captures of earlier ones."""
    below = at.get("when")
    if below is None:
        return ()
    asked = []
    for key in below.data:
        child = below.child(key)
        step, _, field = key.partition(".")
        reference = Reference(source=Source.CAPTURE, name=step, field=field)
        asked.append(Named(Template((reference,), child.key_span), read_condition(child)))
    return tuple(asked)


def read_condition(at: Cursor) -> Condition:
    """Read a condition; a plain value means equals."""
    if not isinstance(at.data, dict):
        return Condition(Operator.EQUALS, read_document(at))
    (word,) = at.data
    operand = at.child(word)
    if word == Operator.MATCHES:
        operand.refuse_placeholder("write the text that is meant; contains: and equals: take placeholders")
        operand.check_pattern(operand.data)
        return Condition(Operator.MATCHES, operand.data)
    return Condition(Operator(word), read_document(operand))


def read_document(at: Cursor) -> Document:
    """Read a body, a form, a query or an operand: any value, with placeholders and directives."""
    match at.data:
        case str():
            template = at.template()
            return template if template.references else "".join(str(part) for part in template.parts)
        case list():
            return ListNode(tuple(read_document(item) for item in at.items()))
        case dict():
            return _map_or_directive(at)
        case _:
            scalar: None | bool | int | float = at.data
            return scalar


def _map_or_directive(at: Cursor) -> Document:
    directives = [key for key in at.data if key.startswith("$") and not key.startswith(("$$", "${"))]
    if not directives:
        return MapNode(tuple((_key(at.child(key)), read_document(at.child(key))) for key in at.data))
    if unknown := [key for key in directives if key not in _DIRECTIVES]:
        at.child(unknown[0]).report(
            "E309",
            f'"{unknown[0]}" is not a directive',
            f"directives are {', '.join(_DIRECTIVES)}; ${unknown[0]} is the plain key {unknown[0]}",
            at_key=True,
        )
        return None
    if len(directives) < len(at.data):
        plain = next(key for key in at.data if key not in directives)
        hint = f"a plain key that begins with $ is written ${directives[0]}"
        at.report("E309", f"{directives[0]} and the key {plain} cannot stand in one map", hint, at_key=True)
        return None
    return _directive(at, set(directives))


def _key(at: Cursor) -> str | Template:
    """Read the key of a map in a body, a form or a query."""
    if at.key.startswith("$$") or "${" not in at.key:
        return at.key.removeprefix("$") if at.key.startswith("$$") else at.key
    return Cursor(at.tree, at.path, at.key, at.findings, at.late).template(at_key=True)


def _wrong_directive(keys: set[str]) -> tuple[str, str]:
    """Say what a map of directives lacks, or has too much."""
    if lone := sorted(keys & _LONE):
        alone = lone[0]
        return (
            f"{alone} stands alone in its map",
            f"write {{{alone}: ...}}, one within the other if both are meant",
        )
    if "$for_each" not in keys:
        need = "needs" if len(keys) == 1 else "need"
        return f"{' and '.join(sorted(keys))} {need} $for_each", "add $for_each: with the list to go through"
    return "$for_each needs $value", 'add $value: with what to make of each item, as in $value: "${item}"'


def _directive(at: Cursor, keys: set[str]) -> Document:
    if len(keys) == 1 and keys <= _LONE:
        (key,) = keys
        return Encode(key.removeprefix("$"), read_document(at.child(key)))
    if not {"$for_each", "$value"} <= keys <= {"$for_each", "$value", "$key", "$allow_empty"}:
        message, hint = _wrong_directive(keys)
        at.report("E309", message, hint, at_key=True)
        return None
    items, allow_empty = at.child("$for_each"), at.get("$allow_empty")
    if not isinstance(items.data, list) and not (isinstance(items.data, str) and "${" in items.data):
        hint = f"write [{items.data}], or a placeholder that stands for a list"
        items.report("E309", f'$for_each needs a list, and is the text "{items.data}"', hint)
    if allow_empty is not None and not isinstance(allow_empty.data, bool):
        allow_empty.report("E309", "$allow_empty must be true or false", "write true or false")
    return ForEach(
        items=read_document(at.child("$for_each")),
        value=read_document(at.child("$value")),
        key=at.child("$key").template() if "$key" in keys else None,
        allow_empty=at.data.get("$allow_empty") is True,
        span=at.key_span,
    )
