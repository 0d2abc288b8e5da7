"""What is secret by where it goes: into ``auth``, an authentication header, or a key that is named like a credential."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from runner.config.parts_of import steps_of
from runner.config.written import SECRET_NAME
from runner.language.endpoints import Endpoint
from runner.language.file import Spec, VariableType
from runner.language.requests import StepSpec
from runner.language.value import Encode, ForEach, ListNode, MapNode, Source, Template
from runner.model.plan import Step
from runner.values.walk import references_in


def with_secret_variables(spec: Spec) -> Spec:
    """Return the file with the variables marked as secret that are used as credentials; numbers stay numbers."""
    steps = [step for _, _, step in steps_of(spec)]
    steps += [endpoint.login for endpoint in spec.endpoints.values() if endpoint.login is not None]
    parts = tuple(credentials_in(spec.endpoints.values(), steps))
    names = {reference.name for reference, _ in references_in(parts) if reference.source is Source.VAR}
    if not names:
        return spec
    variables = {
        name: replace(each, secret=True) if name in names and each.type is VariableType.STRING else each
        for name, each in spec.variables.items()
    }
    return replace(spec, variables=variables)


def credentials_in(endpoints: Iterable[Endpoint], steps: Iterable[Step | StepSpec]) -> Iterator[Template]:
    """Go through the templates of what is secret by its place."""
    for endpoint in endpoints:
        if endpoint.bearer is not None:
            yield endpoint.bearer
        if endpoint.basic is not None:
            yield endpoint.basic[1]
        yield from _named(endpoint.headers)
    for step in steps:
        yield from _named(step.request.headers)
        yield from _within(step.request.query)
        yield from _within(step.request.body)


def _named(headers: Iterable[tuple[str, Template]]) -> Iterator[Template]:
    return (template for name, template in headers if SECRET_NAME.search(name))


def _within(document: Any) -> Iterator[Template]:
    if isinstance(document, ListNode):
        for item in document.items:
            yield from _within(item)
    elif isinstance(document, MapNode):
        for key, value in document.entries:
            if isinstance(value, Template) and SECRET_NAME.search(str(key)):
                yield value
            yield from _within(value)
    elif isinstance(document, ForEach | Encode):
        yield from _within(document.value)
