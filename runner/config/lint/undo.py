"""Warnings about deregistering: what is taken from others, what is left behind, and what cannot be done alone."""

import re
from collections.abc import Iterator

from runner.config.lint.warning import warning
from runner.config.parts_of import verbs_of
from runner.config.read.source import SourceTree
from runner.language.classes import Action, ClassSpec
from runner.language.file import Spec
from runner.language.registrations import DeregisterWhen, RegistrationSpec, VerbSpec
from runner.language.terms import Processed, VerbName
from runner.language.value import Reference, Source
from runner.model.diagnostic import Diagnostic
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
        case Source.CAPTURE | Source.FILE | Source.SELF:
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


def own_taken_for_anothers(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """What is there under the name of this instance is from its earlier life; ``succeed`` would leave it behind."""
    for registration in spec.registrations.values():
        verb = registration.deregister
        if verb is None or registration.deregister_when is DeregisterWhen.NEVER:
            continue
        own_name = _names_the_instance(spec, verb) and _names_the_instance(spec, registration.register)
        for each in _classes_while_registering(registration):
            if each.action is Action.SUCCEED and (own_name or _after_our_own_request(each)):
                message = f"what {each.name} finds is this instance's own, and will not be deregistered"
                hint = "write action: adopt for what an earlier life or request of this instance made; succeed is for somebody else's"
                yield warning("W530", each.span, message, hint)


def _classes_while_registering(registration: RegistrationSpec) -> Iterator[ClassSpec]:
    """Go through the classes that are the registration's alone, and are asked while it is made."""
    yield from registration.classes
    yield from registration.register.classes
    for step in registration.register.steps:
        yield from step.classes


def _names_the_instance(spec: Spec, verb: VerbSpec) -> bool:
    """Whether a request of it surely differs from one replica to the next."""
    addresses = [(step.request.path, step.request.query) for step in verb.steps]
    return any(_is_of_one_instance(spec, reference) for reference, _ in references_in(tuple(addresses)))


def _is_of_one_instance(spec: Spec, reference: Reference) -> bool:
    name = spec.variables[reference.name].env if reference.source is Source.VAR else reference.name
    from_environment = reference.source in {Source.VAR, Source.ENV}
    return from_environment and _OF_ONE_INSTANCE.search(name or "") is not None


def _after_our_own_request(each: ClassSpec) -> bool:
    """Whether it asks that an earlier request of this run may have got through."""
    return any(match.processed and Processed.NEVER not in match.processed for match in each.match or ())


def adoptions_of_nothing(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """Only what is being registered can be adopted; for the other verbs it is a success like any."""
    for registration in spec.registrations.values():
        for verb in verbs_of(registration):
            if verb.name is VerbName.REGISTER:
                continue
            for each in (*verb.classes, *(one for step in verb.steps for one in step.classes)):
                if each.action is Action.ADOPT:
                    message = f"{verb.name} registers nothing that could be adopted"
                    yield warning("W531", each.span, message, "write action: succeed")


RULES = (shared_by_replicas, captures_of_the_registration, own_taken_for_anothers, adoptions_of_nothing)
