"""Going through a ``Spec``: the verbs, steps and classes that checks and warnings speak about."""

from collections.abc import Iterable, Iterator
from itertools import islice

from runner.config.words import did_you_mean
from runner.language.classes import ClassSpec
from runner.language.file import Spec
from runner.language.registrations import RegistrationSpec, VerbSpec
from runner.language.requests import StepSpec
from runner.language.value import Name
from runner.model.diagnostic import Diagnostic

_MAX_SHOWN = 20


def verbs_of(registration: RegistrationSpec) -> Iterator[VerbSpec]:
    """Go through the verbs that a registration has."""
    yield registration.register
    for verb in (registration.verify, registration.heartbeat, registration.deregister):
        if verb is not None:
            yield verb


def steps_of(spec: Spec) -> Iterator[tuple[RegistrationSpec, VerbSpec, StepSpec]]:
    """Go through all steps, with where they belong."""
    for registration in spec.registrations.values():
        for verb in verbs_of(registration):
            for step in verb.steps:
                yield registration, verb, step


def endpoint_of(spec: Spec, registration: RegistrationSpec, verb: VerbSpec, step: StepSpec) -> str:
    """Return the name of the endpoint that a step talks to."""
    named = step.endpoint or verb.endpoint or registration.endpoint
    return named.text if named is not None else next(iter(spec.endpoints))


def class_lists(spec: Spec) -> Iterator[tuple[ClassSpec, ...]]:
    """Go through the lists of failure classes, wherever they stand."""
    yield spec.classes
    for endpoint in spec.endpoints.values():
        yield endpoint.classes
        yield endpoint.login.classes if endpoint.login else ()
    for registration in spec.registrations.values():
        yield registration.classes
        for verb in verbs_of(registration):
            yield verb.classes
            yield from (step.classes for step in verb.steps)


def classes_of(spec: Spec) -> Iterator[ClassSpec]:
    """Go through all failure classes."""
    for classes in class_lists(spec):
        yield from classes


def unknown(kind: str, name: Name, known: Iterable[str], *, but: str | None = None) -> Diagnostic:
    """Return a finding about a name that nothing has.

    Args:
        kind: what it should name.
        name: the name.
        known: what is there, looked at again as often as needed.
        but: what of it cannot be meant.
    """
    first = list(islice((each for each in known if each != but), _MAX_SHOWN + 1))
    shown = ", ".join(first[:_MAX_SHOWN]) + (", ..." if len(first) > _MAX_SHOWN else "")
    hint = did_you_mean(name.text, (each for each in known if each != but)) or f"known: {shown}"
    if not first:
        hint = f"declare it under {kind}s:"
    message = f'there is no {kind} "{name.text}"'
    return Diagnostic(code="E320", span=name.span, message=message, hint=hint, absent=(kind, name.text))
