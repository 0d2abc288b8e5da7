"""Captures that a class leaves absent: what it takes as done has the answer of a conflict, and not that of a creation."""

from collections.abc import Iterator

from msgspec import UNSET

from runner.config.parts_of import verbs_of
from runner.language.classes import Action, ClassSpec
from runner.language.file import Spec
from runner.language.registrations import RegistrationSpec, VerbSpec
from runner.language.requests import Capture, StepSpec
from runner.language.value import Source
from runner.model.diagnostic import Diagnostic
from runner.values.walk import references_in


def check_absent(spec: Spec) -> Iterator[Diagnostic]:
    """Yield the placeholders for captures of a step that a class may take as done without them."""
    for registration in spec.registrations.values():
        absent: dict[tuple[str, str], ClassSpec] = {}
        for verb in verbs_of(registration):
            for step in verb.steps:
                yield from _uses(step, verb, registration, absent)
                if verb is registration.register and any(
                    capture.default is UNSET for capture in step.captures
                ):
                    absent |= dict(_absences(spec, registration, step))


def _uses(
    step: StepSpec, verb: VerbSpec, registration: RegistrationSpec, absent: dict[tuple[str, str], ClassSpec]
) -> Iterator[Diagnostic]:
    if not absent:
        return
    last = registration.register.steps[-1].name
    for reference, template in references_in(step):
        by = (
            absent.get((reference.name, reference.field or ""))
            if reference.source is Source.CAPTURE
            else None
        )
        # What ends in somebody else's registration is not undone.
        undone = by is not None and (by.action is Action.ADOPT or reference.name != last)
        if by is not None and (verb is not registration.deregister or undone):
            message = f'{reference} has no value here where the class "{by.name}" takes the step as done'
            hint = "give the capture a default, or look the value up in a step of its own"
            related = ((by.span, "this class"),)
            yield Diagnostic(code="E322", span=template.span, message=message, hint=hint, related=related)


def _absences(
    spec: Spec, registration: RegistrationSpec, step: StepSpec
) -> Iterator[tuple[tuple[str, str], ClassSpec]]:
    named = step.endpoint or registration.register.endpoint or registration.endpoint
    endpoint = spec.endpoints.get(named.text if named is not None else next(iter(spec.endpoints), ""))
    outer = () if endpoint is None else endpoint.classes
    lists = (step.classes, registration.register.classes, registration.classes, outer, spec.classes)
    succeeding = [
        each for classes in lists for each in classes if each.action and each.action.counts_as_success
    ]
    for capture in step.captures:
        by = next((each for each in succeeding if not _asks_for(each, capture)), None)
        if capture.default is UNSET and by is not None:
            yield (step.name, capture.name), by


def _asks_for(failure_class: ClassSpec, capture: Capture) -> bool:
    """Whether the class takes only answers that have what is captured."""
    return all(
        capture.expression in {str(named.name) for named in (*match.body, *match.headers)}
        for match in failure_class.match or ()
    )
