"""Warnings about names and texts: what nothing uses, and what reads as something else."""

import re
from collections.abc import Iterator
from typing import Any

from runner.config.lint.warning import warning
from runner.config.parts_of import classes_of, endpoint_of, steps_of, verbs_of
from runner.config.read.source import SourceTree
from runner.language.file import Spec
from runner.language.requests import CaptureFrom, StepSpec
from runner.language.value import Name, Named
from runner.model.diagnostic import Diagnostic
from runner.values.walk import references_in

_VARIABLE = re.compile(r"\$\{var\.([a-z][a-z0-9_-]*)\}")
_CAPTURE = re.compile(r"\$\{([a-z][a-z0-9_-]*)\.([A-Za-z_][A-Za-z0-9_-]*)\}")
_COMPARED_WITH_A_KEY = re.compile(r"""[=!<>]=?\s*("[^"\\]*")""")


def texts_in(data: Any) -> Iterator[str]:
    """Go through every text of a part of the file, keys included."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for item in data:
            yield from texts_in(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from texts_in(value)


def unused_variables(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A variable without use is most often a misspelt environment name, and fails the start for nothing."""
    if not spec.variables:
        return
    used = {name for text in texts_in(tree.data) if "${" in text for name in _VARIABLE.findall(text)}
    for name, variable in spec.variables.items():
        if name not in used:
            hint = f"write ${{var.{name}}} where it belongs, or remove it"
            yield warning("W501", variable.span, f'the variable "{name}" is not used', hint)


def unused_endpoints(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """An endpoint that nothing talks to was forgotten in the file, or in a registration."""
    used = {endpoint_of(spec, *place) for place in steps_of(spec)}
    for registration in spec.registrations.values():
        # A recipe brings steps of its own, which talk to the registration's endpoint, or to the only one.
        used.add(registration.endpoint.text if registration.endpoint else next(iter(spec.endpoints)))
    for name, written in spec.endpoints.items():
        if name not in used:
            hint = f"write endpoint: {name} where it belongs, or remove it"
            message = f'nothing talks to the endpoint "{name}"'
            yield warning("W502", written.span, message, hint)


def unused_policies(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """A policy that nothing names has no effect; only ``default`` holds without being named."""
    named: list[Name | None] = [each.policy for each in classes_of(spec)]
    for registration in spec.registrations.values():
        named += [registration.policy, *(verb.policy for verb in verbs_of(registration))]
    used = {"default", *(name.text for name in named if name is not None)}
    for name, written in spec.policies.items():
        if name not in used:
            hint = f"write policy: {name} where it belongs; the one called default holds everywhere else"
            yield warning("W503", written.span, f'the retry policy "{name}" is not used', hint)


def unused_captures(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A capture that nothing uses still fails the step where the answer does not have it."""
    for scope, name, steps in _steps_by_scope(spec):
        if not any(step.captures for step in steps):
            continue
        part: Any = tree.data
        used = {pair for text in texts_in(part[scope][name]) for pair in _CAPTURE.findall(text)}
        used |= {(asked.name, asked.field or "") for step in steps for asked, _ in references_in(step.when)}
        for step in steps:
            for capture in step.captures:
                if (step.name, capture.name) not in used:
                    message = f"${{{step.name}.{capture.name}}} is not used"
                    hint = "remove the capture; what an answer must have is said under expect"
                    yield warning("W504", capture.span, message, hint)


def _steps_by_scope(spec: Spec) -> Iterator[tuple[str, str, list[StepSpec]]]:
    """Go through the places in which captures are known: registrations, and endpoints with a login."""
    for name, registration in spec.registrations.items():
        yield "registrations", name, [step for verb in verbs_of(registration) for step in verb.steps]
    for name, written in spec.endpoints.items():
        if written.login is not None:
            yield "endpoints", name, [written.login]


def optional_needs(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """What a required registration needs is required, too: where it fails, the other one is skipped."""
    for registration in spec.registrations.values():
        for need in registration.needs if registration.required else ():
            if not spec.registrations[need.text].required:
                message = f"{registration.name} is required, and needs {need.text}, which is not"
                hint = f"when {need.text} fails, {registration.name} fails with it; let both be required, or none"
                yield warning("W514", need.span, message, hint)


def named_like_a_verb(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """A verb with one request is a step by the verb's name; a second step of that name hides its captures."""
    for registration in spec.registrations.values():
        verbs = {str(verb.name) for verb in verbs_of(registration)}
        for verb in verbs_of(registration):
            for step in verb.steps:
                if step.name != verb.name and step.name in verbs:
                    message = f'the step "{step.name}" has the name of a verb of {registration.name}'
                    hint = f"rename it: answers of tests and ${{{step.name}...}} could mean either"
                    yield warning("W519", step.span, message, hint)


def read_otherwise_by_yaml_1_1(_: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A text that other tools read as a boolean or a number is quoted, so that all read the same."""
    for span in tree.other_in_1_1:
        text = tree.lines[span.line - 1][span.column - 1 : span.end_column - 1]
        other = "a number" if ":" in text else "a boolean"
        message = f"{text} is a text here, and {other} for tools that read YAML 1.1"
        yield warning("W518", span, message, f'write "{text}"')


def keys_compared_as_texts(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """In JMESPath "ready" is the key ready of the answer; a text stands in single quotes."""
    for _registration, _verb, step in steps_of(spec):
        classes = [match.body for each in step.classes for match in each.match or ()]
        for named in (*step.expect.body, *(named for body in classes for named in body)):
            yield from _compared(str(named.name), named)
        for capture in step.captures:
            if capture.source is CaptureFrom.BODY:
                yield from _compared(capture.expression, capture)


def _compared(expression: str, place: Any) -> Iterator[Diagnostic]:
    for text in _COMPARED_WITH_A_KEY.findall(expression):
        span = place.name.span if isinstance(place, Named) else place.span
        message = f"{text} is a key of the answer in a path, and no text"
        yield warning("W522", span, message, f"write '{text[1:-1]}' for the text")


RULES = (
    unused_variables,
    unused_endpoints,
    unused_policies,
    unused_captures,
    optional_needs,
    named_like_a_verb,
    read_otherwise_by_yaml_1_1,
    keys_compared_as_texts,
)
