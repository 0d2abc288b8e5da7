"""Warnings about deregistering: what is taken away from others, and what cannot be done alone."""

import re
from collections.abc import Iterator

from runner.config.source import SourceTree
from runner.config.warning import warning
from runner.model.diagnostic import Diagnostic
from runner.model.lifecycle import DeregisterWhen
from runner.model.spec import Spec
from runner.model.value import Reference, Source
from runner.values.walk import references_in

_OF_ONE_INSTANCE = re.compile(
    r"(^|_)(HOST|HOSTNAME|POD|INSTANCE|REPLICA|CONTAINER|NODE|ALLOC|TASK|MACHINE|IP|ADDR|ADDRESS|PORT|ID|UUID)(_|$)"
)
"""Environment variables that differ from one replica to the next, even where they have a default."""


def shared_by_replicas(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """A rolling update ends the old replica after the new one has registered, and takes its entry away."""
    for registration in spec.registrations.values():
        verb = registration.deregister
        if verb is None or not verb.steps or registration.deregister_when is DeregisterWhen.NEVER:
            continue
        requests = [(step.request.path, step.request.query, step.request.body) for step in verb.steps]
        if not any(_differs(spec, reference) for reference, _ in references_in(tuple(requests))):
            message = f"every replica of {registration.name} deregisters with the same request"
            hint = "a replica that ends removes what the others use: write when: never, or name the instance in it"
            yield warning("W512", verb.span, message, hint)


def _differs(spec: Spec, reference: Reference) -> bool:
    """Whether a placeholder can stand for something else in each replica."""
    match reference.source:
        case Source.VAR:
            variable = spec.variables[reference.name]
            if variable.has_value or variable.secret:
                return False
            return not variable.has_default or _OF_ONE_INSTANCE.search(variable.env or "") is not None
        case Source.ENV:
            return reference.default is None or _OF_ONE_INSTANCE.search(reference.name) is not None
        case Source.CAPTURE | Source.FILE:
            return True
        case _:
            return False


def captures_of_the_registration(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """``enlist deregister`` is a process of its own, which has seen no answer to the registration."""
    for registration in spec.registrations.values():
        verb = registration.deregister
        if verb is None or registration.deregister_when is DeregisterWhen.NEVER:
            continue
        own = {step.name for step in verb.steps}
        for reference, template in references_in(verb):
            if reference.source is Source.CAPTURE and reference.name not in own:
                message = f"only the process that registered knows {reference}"
                hint = "enlist deregister cannot use it: look it up in a step of deregister, or choose the name yourself"
                yield warning("W513", template.span, message, hint)


RULES = (shared_by_replicas, captures_of_the_registration)
