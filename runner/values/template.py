"""Placeholders: reading them in a text, and giving them their values.

They are replaced after YAML is parsed and what they yield is never parsed again, so a value can neither
change the structure of the file nor bring placeholders of its own.
"""

import re
from collections.abc import Callable

from runner.language.span import Span
from runner.language.value import Reference, Source, Template
from runner.model.bound import Scope
from runner.model.secret import Secret, Text, Value, reveal, shown

_OPENING = re.compile(r"\$\$\{|\$\{")
_BRACE = re.compile(r"\$\{|\}")
_MAX_NESTED = 8
_ENVIRONMENT = re.compile(r"([A-Z_][A-Z0-9_]*)(?:(:-|:\?)(.*))?", re.DOTALL)
_OURS = re.compile(r"([a-z][a-z0-9_-]*)(?:\.([A-Za-z_][A-Za-z0-9_-]*))?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SHELL = re.compile(r"([A-Z_][A-Z0-9_]*)(?:-|=|:=)(.*)", re.DOTALL)
_GITHUB = re.compile(r"\{\s*([A-Za-z_]+)\.([A-Za-z_][A-Za-z0-9_]*)\s*\}*")
_ALONE = {"item", "each"}
OWN = ("hostname", "ip")
"""What ``${self:...}`` can be asked for."""
_SOURCES = {"var": Source.VAR, "item": Source.ITEM, "each": Source.EACH}


class TemplateError(ValueError):
    """A text whose placeholders cannot be read; ``hint`` says what could stand there."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class RenderError(ValueError):
    """A placeholder or directive that has no usable value; the text is the cause, for people."""


def parse_template(text: str, span: Span) -> Template:
    """Split a text at its placeholders; ``$${`` is a literal ``${`` and any other ``$`` is itself.

    Raises:
        TemplateError: when a placeholder is not closed, or is none of the known forms.
    """
    parts: list[str | Reference] = []
    literal, end = "", 0
    while found := _OPENING.search(text, end):
        literal += text[end : found.start()]
        end = found.end()
        if found[0] == "$${":
            literal += "${"
            continue
        inner = text[end : _closing(text, end)]
        end += len(inner) + 1
        if literal:
            parts.append(literal)
        if inner.startswith("{"):
            # Another tool's braces, shown whole: up to the second of the two that close them.
            raise _unknown_form(inner + "}" * text.startswith("}", end))
        parts.append(_parse_reference(inner, span))
        literal = ""
    literal += text[end:]
    if literal or not parts:
        parts.append(literal)
    return Template(tuple(parts), span)


def _closing(text: str, start: int) -> int:
    """Return where the placeholder that begins before ``start`` is closed; its default may have others."""
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "${" else -1
        if depth == 0:
            return brace.start()
        if depth > _MAX_NESTED:
            message = f"more than {_MAX_NESTED} placeholders stand within each other"
            raise TemplateError(message, "name fewer variables to fall back to")
    raise TemplateError(
        f'the placeholder "{text[start - 2 : start + 38]}" is not closed',
        "close it with }; if the text contains a space and #, or stands within { }, quote it",
    )


def _parse_reference(inner: str, span: Span) -> Reference:
    """Upper case is the environment, a colon a provider, a lower-case dot a value of ours."""
    if inner.startswith("file:") and len(inner) > len("file:") and "${" not in inner:
        return Reference(source=Source.FILE, name=inner.removeprefix("file:"))
    if inner.startswith("self:"):
        if (name := inner.removeprefix("self:")) not in OWN:
            raise TemplateError(
                f'"${{{inner}}}" is not a placeholder', "write ${self:ip} or ${self:hostname}"
            )
        return Reference(source=Source.SELF, name=name)
    if environment := _ENVIRONMENT.fullmatch(inner):
        name, how, rest = environment.groups()
        if how == ":?" and "${" in rest:
            raise TemplateError(
                f"the message of ${{{name}}} has a placeholder", "write the message in words alone"
            )
        default = parse_template(rest, span) if how == ":-" and "${" in rest else rest
        return Reference(
            source=Source.ENV,
            name=name,
            default=default if how == ":-" else None,
            message=rest if how == ":?" else None,
        )
    ours = _OURS.fullmatch(inner)
    if ours is None or (ours[2] is None and ours[1] not in _ALONE):
        raise _unknown_form(inner)
    name, field = ours.groups()
    source = _SOURCES.get(name, Source.CAPTURE)
    return Reference(source=source, name=field if source is Source.VAR else name, field=field)


def _unknown_form(inner: str) -> TemplateError:
    """Say what could stand there instead; most such texts come from a shell or another tool."""
    message = f'"${{{inner}}}" is not a placeholder'
    if github := _GITHUB.fullmatch(inner):
        scope, name = github.groups()
        ours = (
            f"${{var.{name}}}" if scope in {"var", "vars", "variables"} and name.islower() else f"${{{name}}}"
        )
        return TemplateError(message, f"write {ours}")
    if shell := _SHELL.fullmatch(inner):
        return TemplateError(message, f"did you mean ${{{shell[1]}:-{shell[2]}}}?")
    if _NAME.fullmatch(inner):
        variable, environment = inner.lower(), inner.upper().replace("-", "_")
        return TemplateError(
            message, f"did you mean ${{var.{variable}}}, or ${{{environment}}} of the environment?"
        )
    return TemplateError(
        message,
        "write ${var.name}, ${ENV_NAME}, ${ENV_NAME:-default}, ${file:/path}, ${self:ip}, ${step.capture} or"
        " ${item};"
        " $${ is a literal ${",
    )


def resolve(reference: Reference, scope: Scope) -> Value:
    """Return the value of one placeholder, with its type and its secrecy.

    Raises:
        RenderError: when there is none.
    """
    match reference.source:
        case Source.VAR:
            if reference.name not in scope.variables:
                raise RenderError(f"{reference} has no value")
            return scope.variables[reference.name]
        case Source.ENV:
            return _environment(reference, scope)
        case Source.FILE:
            return scope.files[reference.name]
        case Source.SELF:
            if reference.name not in scope.itself:
                raise RenderError(f"{reference} has no value here")
            return scope.itself[reference.name]
        case Source.ITEM:
            return _field(scope.item, reference)
        case _:
            captured = scope.captures.get(reference.name, {})
            if reference.field is None or reference.field not in captured:
                raise RenderError(f"{reference} has no value: the step did not capture it in this run")
            return captured[reference.field]


def _environment(reference: Reference, scope: Scope) -> Value:
    value = scope.environment.get(reference.name)
    if reference.default is not None and not value:
        return (
            reference.default
            if isinstance(reference.default, str)
            else render_value(reference.default, scope)
        )
    if value is None:
        raise RenderError(f"the environment variable {reference.name} is not set")
    return value


def _field(item: Value, reference: Reference) -> Value:
    if reference.field is None:
        return item
    if not isinstance(item, dict) or reference.field not in item:
        raise RenderError(f'{reference} has no value: the item has no key "{reference.field}"')
    return item[reference.field]


def render_value(template: Template, scope: Scope) -> Value:
    """Return a template's value: a placeholder that is the whole text keeps its type."""
    whole = template.whole
    return resolve(whole, scope) if whole is not None else render_text(template, scope)


def render_text(template: Template, scope: Scope, encode: Callable[[str], str] = str) -> Text:
    """Return a template as text; it is secret when one of its values is.

    Args:
        template: what to render.
        scope: what the placeholders stand for.
        encode: applied to each placeholder's text, never to the literal parts.

    Raises:
        RenderError: when a placeholder has no value, or one that is no text.
    """
    real: list[str] = []
    public: list[str] = []
    secret = False
    for part in template.parts:
        text = part if isinstance(part, str) else as_text(resolve(part, scope), str(part))
        is_literal = isinstance(part, str)
        real.append(reveal(text) if is_literal else encode(reveal(text)))
        public.append(shown(text) if is_literal or isinstance(text, Secret) else encode(shown(text)))
        secret = secret or isinstance(text, Secret)
    return Secret("".join(real), "".join(public)) if secret else "".join(real)


def as_text(value: Value, what: str) -> Text:
    """Return a scalar as it is written in JSON, without quotes.

    Raises:
        RenderError: for a list, a map or nothing, which have no obvious text.
    """
    match value:
        case str() | Secret():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case None:
            raise RenderError(f"{what} is null and cannot stand within a text")
        case _:
            raise RenderError(f"{what} is a {'list' if isinstance(value, list) else 'map'} and no text")
