"""Warnings about texts that are not sent as they are meant: other tools' placeholders, and JSON that is text already.

``{id}`` comes from OpenAPI and from routes, ``$HOSTNAME`` from shells, ``{{ x }}`` from templates. In a body, braces
around one word are ordinary enough to be meant, so those with dots in them are told only where they name something of
the file.
"""

import re
from collections.abc import Iterator
from typing import Any

from runner.config.lint.warning import warning
from runner.config.parts_of import verbs_of
from runner.config.read.source import Path, SourceTree
from runner.language.file import Spec, VariableType
from runner.model.diagnostic import Diagnostic

_FOREIGN = re.compile(
    r"\$?\$\{(?:[^{}]|\$\{[^{}]*\})*\}"  # ours, or meant as it stands
    r"|(?P<double>\{\{-?\s*[^{}]{1,100}\}\})"
    r"|(?P<shell>\$[A-Z][A-Z0-9_]+)"
    r"|(?P<single>\{[A-Za-z_][A-Za-z0-9_.-]*\})"
)
_WHOLE_TEXT = re.compile(
    r"\$\{(?:file:[^{}]+|[A-Z_][A-Z0-9_]*(?::[-?][^{}]*)?|var\.(?P<variable>[a-z0-9_-]+))\}"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*")
_PARTS_OF_ENDPOINT = ("url", "urls", "socket", "proxy", "headers", "tls")
_BODIES = {"json", "form", "text"}


def foreign_placeholders(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """What stands for a value elsewhere, and here for itself."""
    for path, text, at_key in _texts(tree.data):
        if "{" not in text and "$" not in text:
            continue
        for found in _FOREIGN.finditer(text):
            instead = _instead(found, path, spec)
            if instead is not None:
                span = tree.key_span(path) if at_key else tree.span(path)
                message = f'"{found[0]}" is sent as it stands'
                yield warning("W523", span, message, f"write {instead}")


def _texts(data: Any) -> Iterator[tuple[Path, str, bool]]:
    """Go through the texts in which placeholders are replaced on their way to a server, and the keys of bodies."""
    for name, endpoint in data["endpoints"].items():
        for key in _PARTS_OF_ENDPOINT:
            yield from _below(endpoint.get(key), ("endpoints", name, key))
    for path, request in _requests(data, ()):
        for key, value in request.items():
            yield from _below(value, (*path, key))
    ready = (data.get("lifecycle") or {}).get("ready") or {}
    for key in ("http", "tcp", "file"):
        yield from _below(ready.get(key), ("lifecycle", "ready", key))


def _requests(data: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _requests(item, (*path, index))
    elif isinstance(data, dict):
        for key, value in data.items():
            if key == "request" and isinstance(value, dict):
                yield (*path, key), value
            elif path or key in {"endpoints", "registrations"}:
                yield from _requests(value, (*path, key))


def _below(value: Any, path: Path) -> Iterator[tuple[Path, str, bool]]:
    if isinstance(value, str):
        yield path, value, False
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _below(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), key, True
            yield from _below(item, (*path, key))


def _instead(found: re.Match[str], path: Path, spec: Spec) -> str | None:
    """Return what is written here for another tool's placeholder; nothing where it is none."""
    if found["shell"]:
        return f"${{{found[0][1:]}}}"
    if found["double"] is None and found["single"] is None:
        return None
    inside = _NAME.search(found[0])
    if inside is None:
        return None
    name = inside[0].rpartition(".")[2]
    known = f"${{var.{name}}}" if name in spec.variables else _known(inside[0], path, spec)
    if known is None and found["single"] and "." in inside[0] and set(path) & _BODIES:
        return None
    return known or f"${{var.{name.lower()}}}, or ${{{name.upper().replace('-', '_')}}} of the environment"


def _known(inside: str, path: Path, spec: Spec) -> str | None:
    """Return the placeholder of a capture, or of an item, that has a name."""
    head, _, rest = inside.partition(".")
    if head == "item":
        return f"${{{inside}}}"
    registration = spec.registrations.get(str(path[1])) if path[0] == "registrations" else None
    for verb in verbs_of(registration) if registration is not None else ():
        for step in verb.steps:
            for capture in step.captures:
                if (head, rest) == (step.name, capture.name) or (head == capture.name and not rest):
                    return f"${{{step.name}.{capture.name}}}"
    return None


def json_within_text(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A body that is one text, which most likely is JSON already: it is sent in quotes, with those in it escaped."""
    for path, request in _requests(tree.data, ()):
        body = request.get("json")
        found = _WHOLE_TEXT.fullmatch(body) if isinstance(body, str) else None
        if found is None:
            continue
        variable = spec.variables.get(found["variable"] or "")
        if variable is None or (variable.type is VariableType.STRING and not variable.has_value):
            message = f"the body is one text: what {found[0]} holds is sent as a string, in quotes"
            hint = f'where it is JSON, write json: {{$parse: "{found[0]}"}}; where it is none, text:'
            yield warning("W524", tree.span((*path, "json")), message, hint)


RULES = (foreign_placeholders, json_within_text)
