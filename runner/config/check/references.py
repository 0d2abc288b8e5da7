"""What the schema cannot say: that names exist, in an order that can work.

One function a rule; each goes through the ``Spec`` and yields what it finds. They run on any file whose
shape is right, so one run shows all that is wrong.
"""

import graphlib
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from runner.config.check.absent import check_absent
from runner.config.check.classes import check_classes
from runner.config.check.tests import check_tests
from runner.config.parts_of import classes_of, unknown, verbs_of
from runner.config.read.source import SourceTree
from runner.config.words import did_you_mean
from runner.language.endpoints import Endpoint
from runner.language.file import Spec
from runner.language.registrations import RegistrationSpec, VerbSpec
from runner.language.requests import StepSpec
from runner.language.span import Span
from runner.language.value import ForEach, ListNode, MapNode, Name, Named, Reference, Source, Template
from runner.model.diagnostic import Diagnostic
from runner.values.request import LOGIN
from runner.values.walk import is_own_ip, references_in

_NEARLY_VAR = {"vars", "variable", "variables", "values", "inputs"}
_NO_LOGIN = "the endpoint has no login"
_RESERVED = {"var", "item", "each", "with", "self", LOGIN}


def check(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """Yield everything that is wrong with a file beyond its shape."""
    references = tuple(references_in(spec))
    sources = {reference.source for reference, _ in references}
    yield from _undefined_endpoints(spec)
    yield from _undefined_policies(spec)
    yield from _undefined_needs(spec)
    yield from _undefined_variables(spec, references)
    # To look for them step by step takes long in a long file, and most files have none.
    if sources & {Source.CAPTURE, Source.ITEM}:
        yield from _captures(spec)
        yield from check_absent(spec)
    if sources & {Source.ITEM, Source.EACH}:
        yield from _items(spec)
    if Source.SELF in sources:
        yield from _own_ip_without_a_way(spec)
    yield from _step_names(spec)
    yield from _needs_cycles(spec)
    yield from check_classes(spec)
    yield from check_tests(spec, tree)


def _undefined_endpoints(spec: Spec) -> Iterator[Diagnostic]:
    for registration in spec.registrations.values():
        verbs = list(verbs_of(registration))
        steps = [step for verb in verbs for step in verb.steps]
        named = [
            registration.endpoint,
            *(verb.endpoint for verb in verbs),
            *(step.endpoint for step in steps),
        ]
        for endpoint in named:
            if endpoint is not None and endpoint.text not in spec.endpoints:
                yield unknown("endpoint", endpoint, spec.endpoints)
        if registration.endpoint is None and len(spec.endpoints) > 1:
            yield from _without_endpoint(registration)


def _undefined_policies(spec: Spec) -> Iterator[Diagnostic]:
    known = dict.fromkeys((*spec.policies, "default"))
    named = [each.policy for each in classes_of(spec)]
    for registration in spec.registrations.values():
        named += [registration.policy, *(verb.policy for verb in verbs_of(registration))]
    for policy in named:
        if policy is not None and policy.text not in known:
            yield unknown("retry policy", policy, known)


def _undefined_needs(spec: Spec) -> Iterator[Diagnostic]:
    for registration in spec.registrations.values():
        for need in registration.needs:
            if need.text not in spec.registrations:
                yield unknown("registration", need, spec.registrations, but=registration.name)


def _without_endpoint(registration: RegistrationSpec) -> Iterator[Diagnostic]:
    for verb in verbs_of(registration):
        for step in verb.steps:
            if step.endpoint is None and verb.endpoint is None:
                message = f"{registration.name} does not say which endpoint it talks to"
                hint = "add endpoint: to the registration"
                yield Diagnostic(code="E321", span=registration.span, message=message, hint=hint)
                return


def _undefined_variables(
    spec: Spec, references: Iterable[tuple[Reference, Template]]
) -> Iterator[Diagnostic]:
    for reference, template in references:
        if reference.source is Source.VAR and reference.name not in spec.variables:
            yield unknown("variable", Name(reference.name, template.span), spec.variables)


def _captures(spec: Spec) -> Iterator[Diagnostic]:
    """A capture can be used after its step, in its registration; by the other verbs too."""
    for endpoint in spec.endpoints.values():
        yield from _endpoint_captures(endpoint)
    for reference, template in references_in(spec.classes):
        if reference.source in {Source.CAPTURE, Source.ITEM}:
            yield _capture_problem(reference, template.span, "a class of the file belongs to no step", None)
    for reference, template in references_in(spec.lifecycle):
        if reference.source in {Source.CAPTURE, Source.ITEM}:
            yield _capture_problem(reference, template.span, "the application does not wait for a step", None)
    for registration in spec.registrations.values():
        registered = _captures_along(registration.register)
        skipped = {step.name: step.when for step in registration.register.steps if step.when}
        yield from _check_verb(registration.register, {}, {})
        for verb in verbs_of(registration):
            if verb is not registration.register:
                # What was there already is not undone, so its deregistration asks for no capture of a skipped step.
                yield from _check_verb(verb, registered, {} if verb is registration.deregister else skipped)


def _endpoint_captures(endpoint: Endpoint) -> Iterator[Diagnostic]:
    """The headers and credentials of an endpoint can use its login's captures, and nothing else can."""
    login = endpoint.login
    captured = {capture.name for capture in login.captures} if login else set()
    late = list(references_in((dict(endpoint.headers), endpoint.bearer, endpoint.basic)))
    for reference, template in references_in(endpoint):
        if reference.source not in {Source.CAPTURE, Source.ITEM}:
            continue
        if reference.name == LOGIN and (reference, template) in late and reference.field in captured:
            continue
        why = "an endpoint is there before any step"
        if reference.name == LOGIN:
            why = f'the login captures no "{reference.field}"' if login else _NO_LOGIN
        if reference.field in captured:
            why = "a login's captures are for auth and headers"
        yield _capture_problem(reference, template.span, why, sorted(captured))


def _captures_along(verb: VerbSpec) -> dict[str, set[str]]:
    return {step.name: {capture.name for capture in step.captures} for step in verb.steps}


def _check_verb(
    verb: VerbSpec, before: dict[str, set[str]], before_skipped: Mapping[str, tuple[Named, ...]]
) -> Iterator[Diagnostic]:
    known, skipped = dict(before), dict(before_skipped)
    later = {step.name for step in verb.steps}
    for step in verb.steps:
        for reference, template in references_in(step):
            if reference.source is Source.CAPTURE and reference.field not in known.get(reference.name, ()):
                why = _whyunknown(reference, step, known, later)
                captured = known.get(reference.name)
                yield _capture_problem(reference, template.span, why, captured or known)
        yield from _skipped_captures(step, skipped)
        if step.when:
            skipped[step.name] = step.when
        known[step.name] = {capture.name for capture in step.captures}


def _skipped_captures(step: StepSpec, skipped: Mapping[str, tuple[Named, ...]]) -> Iterator[Diagnostic]:
    """What a step that may be skipped captures is there only for steps that ask for it, or for the same."""
    asked = {reference.name for reference, _ in references_in(step.when)}
    conditions = [(str(each.name), each.condition) for each in step.when]
    for reference, template in references_in(replace(step, when=())):
        theirs = skipped.get(reference.name, ()) if reference.source is Source.CAPTURE else ()
        same = all((str(each.name), each.condition) in conditions for each in theirs)
        if theirs and reference.name not in asked and not same:
            message = f'{reference} has no value here where the step "{reference.name}" is skipped'
            hint = f"ask for it: when: {{{reference.name}.{reference.field}: {{exists: true}}}}, or look it up again"
            yield Diagnostic(code="E322", span=template.span, message=message, hint=hint)


def _whyunknown(reference: Reference, step: StepSpec, known: dict[str, set[str]], later: set[str]) -> str:
    if reference.name in known:
        return f'the step "{reference.name}" captures no "{reference.field}"'
    if reference.name == step.name:
        return "a step's own captures are there only after it"
    if reference.name in later:
        return f'the step "{reference.name}" comes later'
    return f'there is no earlier step "{reference.name}"'


def _capture_problem(reference: Reference, span: Span, why: str, known: Iterable[str] | None) -> Diagnostic:
    names = known or ()
    hint = did_you_mean(reference.field or "", names) or did_you_mean(reference.name, names)
    if reference.name in _NEARLY_VAR:
        hint = f"did you mean ${{var.{reference.field}}}?"
    elif reference.name == "with":
        hint = "it stands for a parameter, and only a recipe has some"
    elif why == _NO_LOGIN:
        hint = "add login: to the endpoint, with a capture of that name"
    elif reference.name in {"env", "environ"}:
        hint = f"the environment is written in upper case: ${{{(reference.field or '').upper()}}}"
    return Diagnostic(code="E322", span=span, message=f"{reference} has no value here: {why}", hint=hint)


def _items(spec: Spec) -> Iterator[Diagnostic]:
    """``${item}`` lives within a ``$for_each`` only."""
    for registration in spec.registrations.values():
        for verb in verbs_of(registration):
            for step in verb.steps:
                request = step.request
                parts = (request.path, request.query, request.body, *dict(request.headers).values())
                for part in (*parts, *step.expect.body, *step.expect.headers, *step.captures, *step.classes):
                    yield from _items_outside(part)
        if not registration.for_each:
            yield from _each_outside(registration)
    for reference, template in references_in((spec.endpoints, spec.classes, spec.lifecycle)):
        if reference.source is Source.EACH:
            yield _outside(reference, template, "for_each")


def _own_ip_without_a_way(spec: Spec) -> Iterator[Diagnostic]:
    """The own address depends on where a registration's requests go, so what is there before has none."""
    endpoints = tuple(replace(each, login=None, classes=()) for each in spec.endpoints.values())
    for reference, template in references_in((endpoints, spec.lifecycle)):
        if is_own_ip(reference):
            message = (
                f"{reference} has no value here: it is the address on the way to a registration's endpoint"
            )
            hint = "use it in the requests of a registration; ${self:hostname} can stand here"
            yield Diagnostic(code="E322", span=template.span, message=message, hint=hint)


def _outside(reference: Reference, template: Template, where: str) -> Diagnostic:
    message = f"{reference} stands outside of a {where}"
    return Diagnostic(code="E323", span=template.span, message=message)


def _each_outside(registration: RegistrationSpec) -> Iterator[Diagnostic]:
    for reference, template in references_in(registration):
        if reference.source is Source.EACH:
            yield _outside(reference, template, "for_each")


def _items_outside(part: object) -> Iterator[Diagnostic]:
    if isinstance(part, ForEach):
        yield from _items_outside(part.items)
    elif isinstance(part, MapNode):
        for key, value in part.entries:
            yield from _items_outside(key)
            yield from _items_outside(value)
    elif isinstance(part, ListNode):
        for item in part.items:
            yield from _items_outside(item)
    else:
        for reference, template in references_in(part):
            if reference.source is Source.ITEM:
                yield _outside(reference, template, "$for_each")


def _step_names(spec: Spec) -> Iterator[Diagnostic]:
    for registration in spec.registrations.values():
        for verb in verbs_of(registration):
            seen: dict[str, Span] = {}
            for step in verb.steps:
                if step.name in _RESERVED:
                    message = f'"{step.name}" is no name for a step: ${{{step.name}...}} means something else'
                    yield Diagnostic(code="E324", span=step.span, message=message)
                if step.name in seen:
                    message = f'a second step "{step.name}", the first is on line {seen[step.name].line}'
                    first = ((seen[step.name], "first here"),)
                    yield Diagnostic(code="E325", span=step.span, message=message, related=first)
                seen.setdefault(step.name, step.span)


def _needs_cycles(spec: Spec) -> Iterator[Diagnostic]:
    needs = {name: [need.text for need in one.needs] for name, one in spec.registrations.items()}
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        # The library lists a circle from what is needed to what needs it.
        circle = list(reversed(error.args[1]))
        written = spec.registrations[circle[0]].needs
        span = next(need.span for need in written if need.text == circle[1])
        message = f"{circle[0]} needs itself" if len(circle) == 2 else f"a circle: {' needs '.join(circle)}"
        hint = "remove it" if len(circle) == 2 else "none of them could begin; remove one of these needs"
        yield Diagnostic(code="E328", span=span, message=message, hint=hint)
