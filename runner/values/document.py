"""Bodies, forms and queries: documents with placeholders and directives.

Directives are a closed list. ``$for_each`` refuses an empty list unless told
otherwise: an empty fan-out, sent as a replacement, has deleted people's pools.
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import cast

from msgspec import structs

from runner.language.value import Document, Encode, ForEach, Json, ListNode, MapNode, Template
from runner.model.bound import Scope
from runner.model.secret import Secret, Text, Value, reveal
from runner.values.path import NoDocument, read_document
from runner.values.template import RenderError, as_text, render_text, render_value

MAX_VALUES = 10_000
"""Of a document once its directives are carried out: nested ones multiply. Measured: up to 20 ms."""
MAX_CHARS = 4 * 1024 * 1024
"""Of all its texts; encodings within each other multiply, too."""


class _Budget:
    """What may still be made of one document."""

    def __init__(self) -> None:
        self._values = MAX_VALUES
        self._chars = MAX_CHARS

    def spend_on(self, value: Value) -> Value:
        """Return a value that has been made, all that it holds counted."""
        waiting = [value]
        while waiting:
            part = waiting.pop()
            self._values -= 1
            if isinstance(part, str | Secret):
                self._chars -= len(reveal(part))
            elif isinstance(part, list):
                waiting += part
            elif isinstance(part, dict):
                waiting += part.values()
            if self._values < 0:
                raise RenderError(f"more than {MAX_VALUES:,} values would be sent at once")
            if self._chars < 0:
                raise RenderError(f"more than {MAX_CHARS // 2**20} MiB would be sent at once")
        return value


def render_document(document: Document, scope: Scope) -> Value:
    """Return the document with every placeholder and directive replaced.

    Raises:
        RenderError: when one of them has no usable value, or when there would be too much of it all.
    """
    return _rendered(document, scope, _Budget())


def _rendered(document: Document, scope: Scope, budget: _Budget) -> Value:
    match document:
        case Template():
            return budget.spend_on(render_value(document, scope))
        case MapNode():
            return _map(document, scope, budget)
        case ListNode():
            return [_rendered(item, scope, budget) for item in document.items]
        case ForEach():
            return _for_each(document, scope, budget)
        case Encode():
            return budget.spend_on(_encode(document, scope, budget))
        case _:
            return budget.spend_on(document)


def _map(node: MapNode, scope: Scope, budget: _Budget) -> Value:
    rendered: dict[str, Value] = {}
    for written, value in node.entries:
        key = written if isinstance(written, str) else reveal(render_text(written, scope))
        if key in rendered:
            raise RenderError("a map has the same key twice")
        budget.spend_on(key)
        rendered[key] = _rendered(value, scope, budget)
    return rendered


def _for_each(directive: ForEach, scope: Scope, budget: _Budget) -> Value:
    # A list that is gone through costs what is made of its items, not what they hold.
    written = directive.items
    items = (
        render_value(written, scope) if isinstance(written, Template) else _rendered(written, scope, budget)
    )
    if not isinstance(items, list):
        raise RenderError("$for_each needs a list, and got something else")
    if not items and not directive.allow_empty:
        raise RenderError("$for_each got an empty list; say $allow_empty: true if that is meant")
    scopes = [structs.replace(scope, item=item) for item in items]
    if directive.key is None:
        return [_rendered(directive.value, each, budget) for each in scopes]
    keyed = [(reveal(render_text(directive.key, each)), each) for each in scopes]
    if len({key for key, _ in keyed}) < len(keyed):
        raise RenderError("$for_each gives the same $key twice")
    return {key: _rendered(directive.value, each, budget) for key, each in keyed}


def _encode(directive: Encode, scope: Scope, budget: _Budget) -> Value:
    value = _rendered(directive.value, scope, budget)
    if directive.how == "parse":
        return _parse(as_text(value, "$parse"))
    if directive.how == "json":
        text = to_json(value)
    else:
        text = base64.b64encode(reveal(as_text(value, "$base64")).encode()).decode("ascii")
    return Secret(text) if has_secret(value) else text


def _parse(text: Text) -> Value:
    """Read JSON text; of a secret one each text is secret, and numbers stay numbers, since the server asks for them."""
    try:
        parsed = as_value(read_document(reveal(text).encode(), "the text"))
    except NoDocument as error:
        raise RenderError(f"$parse: {error}") from error
    if not isinstance(text, Secret):
        return parsed
    return map_leaves(parsed, lambda leaf: Secret(leaf) if isinstance(leaf, str) else leaf)


def has_secret(value: Value) -> bool:
    """Whether any leaf of the value is secret."""
    return next(secrets_of(value), None) is not None


def secrets_of(value: Value) -> Iterator[Secret]:
    """Yield the secrets among the leaves of a value."""
    match value:
        case Secret():
            yield value
        case list():
            for item in value:
                yield from secrets_of(item)
        case dict():
            for item in value.values():
                yield from secrets_of(item)


def map_leaves(value: Value, change: Callable[[Value], Value]) -> Value:
    """Return the value with every scalar leaf replaced by ``change`` of it."""
    match value:
        case list():
            return [map_leaves(item, change) for item in value]
        case dict():
            return {key: map_leaves(item, change) for key, item in value.items()}
        case _:
            return change(value)


def revealed(value: Value) -> Json:
    """Return the value with its secrets in the clear: for the wire and for comparisons."""
    return cast("Json", map_leaves(value, lambda leaf: leaf.value if isinstance(leaf, Secret) else leaf))


def as_value(document: Json) -> Value:
    """Return the same: every JSON is a value, which a checker with invariant lists cannot see."""
    return cast("Value", document)


def hidden(document: Json) -> Value:
    """Return the value with every scalar made secret; secret numbers become texts."""
    return map_leaves(
        as_value(document), lambda leaf: None if leaf is None else Secret(reveal(as_text(leaf, "it")))
    )


def to_json(value: Value) -> str:
    """Return the value as compact JSON, as fetch() and most clients send it."""
    return json.dumps(revealed(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
