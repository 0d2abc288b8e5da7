"""What the schema cannot say: that names exist, in an order that can work.

One function a rule; each goes through the ``Spec`` and yields what it finds. They run on any file whose
shape is right, so one run shows all that is wrong.
"""

import graphlib
from collections.abc import Iterable, Iterator

from runner.config.schema import did_you_mean
from runner.config.spec import LOGIN
from runner.model.diagnostic import Diagnostic, Span
from runner.model.script import ScriptedTest
from runner.model.spec import ClassSpec, EndpointSpec, Name, RegistrationSpec, Spec, StepSpec, VerbSpec
from runner.model.value import ForEach, ListNode, MapNode, Reference, Source, Template
from runner.retry import builtin
from runner.values.walk import references_in

_RESERVED = {"var", "item", "each"}


def check(spec: Spec) -> Iterator[Diagnostic]:
    """Yield everything that is wrong with a file beyond its shape."""
    for rule in (
        _undefined_endpoints,
        _undefined_policies,
        _undefined_needs,
        _undefined_variables,
        _captures,
        _items,
        _step_names,
        _class_parts,
        _needs_cycles,
        _tests,
    ):
        yield from rule(spec)


def verbs_of(registration: RegistrationSpec) -> Iterator[VerbSpec]:
    """Go through the verbs that a registration has."""
    yield registration.register
    for verb in (registration.verify, registration.heartbeat, registration.deregister):
        if verb is not None:
            yield verb


def _unknown(kind: str, name: Name, known: Iterable[str]) -> Diagnostic:
    names = list(known)
    hint = did_you_mean(name.text, names) or (
        f"known: {', '.join(names)}" if names else f"there is no {kind} yet"
    )
    return Diagnostic(code="E320", span=name.span, message=f'there is no {kind} "{name.text}"', hint=hint)


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
                yield _unknown("endpoint", endpoint, spec.endpoints)
        if registration.endpoint is None and len(spec.endpoints) > 1:
            yield from _without_endpoint(registration)


def _undefined_policies(spec: Spec) -> Iterator[Diagnostic]:
    known = [*spec.policies, "default"]
    named = [each.policy for each in _all_classes(spec)]
    for registration in spec.registrations.values():
        named += [registration.policy, *(verb.policy for verb in verbs_of(registration))]
    for policy in named:
        if policy is not None and policy.text not in known:
            yield _unknown("retry policy", policy, known)


def _undefined_needs(spec: Spec) -> Iterator[Diagnostic]:
    for registration in spec.registrations.values():
        for need in registration.needs:
            if need.text not in spec.registrations:
                yield _unknown("registration", need, spec.registrations)


def _without_endpoint(registration: RegistrationSpec) -> Iterator[Diagnostic]:
    for verb in verbs_of(registration):
        for step in verb.steps:
            if step.endpoint is None and verb.endpoint is None:
                message = f"{registration.name} does not say which endpoint it talks to"
                hint = "add endpoint: to the registration"
                yield Diagnostic(code="E321", span=registration.span, message=message, hint=hint)
                return


def _all_classes(spec: Spec) -> Iterator[ClassSpec]:
    yield from spec.classes
    for endpoint in spec.endpoints.values():
        yield from endpoint.classes
        yield from endpoint.login.classes if endpoint.login else ()
    for registration in spec.registrations.values():
        yield from registration.classes
        for verb in verbs_of(registration):
            yield from verb.classes
            for step in verb.steps:
                yield from step.classes


def _undefined_variables(spec: Spec) -> Iterator[Diagnostic]:
    for reference, template in references_in(spec):
        if reference.source is Source.VAR and reference.name not in spec.variables:
            yield _unknown("variable", Name(reference.name, template.span), spec.variables)


def _captures(spec: Spec) -> Iterator[Diagnostic]:
    """A capture can be used after its step, in its registration; by the other verbs too."""
    for endpoint in spec.endpoints.values():
        yield from _endpoint_captures(endpoint)
    for reference, template in references_in(spec.classes):
        if reference.source in {Source.CAPTURE, Source.ITEM}:
            yield _capture_problem(reference, template.span, "a class of the file belongs to no step", None)
    for registration in spec.registrations.values():
        registered = _captures_along(registration.register)
        yield from _check_verb(registration.register, {})
        for verb in verbs_of(registration):
            if verb is not registration.register:
                yield from _check_verb(verb, registered)


def _endpoint_captures(written: EndpointSpec) -> Iterator[Diagnostic]:
    """The headers and credentials of an endpoint can use its login's captures, and nothing else can."""
    endpoint, login = written.endpoint, written.login
    captured = {capture.name for capture in login.captures} if login else set()
    late = list(references_in((dict(endpoint.headers), endpoint.bearer, endpoint.basic)))
    for reference, template in references_in(written):
        if reference.source not in {Source.CAPTURE, Source.ITEM}:
            continue
        if reference.name == LOGIN and (reference, template) in late and reference.field in captured:
            continue
        why = (
            "an endpoint is there before any step"
            if reference.name != LOGIN
            else "the login captures no such thing"
        )
        if reference.field in captured:
            why = "a login's captures are for auth and headers"
        yield _capture_problem(reference, template.span, why, sorted(captured))


def _captures_along(verb: VerbSpec) -> dict[str, set[str]]:
    return {step.name: {capture.name for capture in step.captures} for step in verb.steps}


def _check_verb(verb: VerbSpec, before: dict[str, set[str]]) -> Iterator[Diagnostic]:
    known = dict(before)
    later = {step.name for step in verb.steps}
    for step in verb.steps:
        for reference, template in references_in(step):
            if reference.source is Source.CAPTURE and reference.field not in known.get(reference.name, ()):
                why = _why_unknown(reference, step, known, later)
                captured = known.get(reference.name)
                yield _capture_problem(reference, template.span, why, captured or known)
        known[step.name] = {capture.name for capture in step.captures}


def _why_unknown(reference: Reference, step: StepSpec, known: dict[str, set[str]], later: set[str]) -> str:
    if reference.name in known:
        return f'the step "{reference.name}" captures no "{reference.field}"'
    if reference.name == step.name:
        return "a step's own captures are there only after it"
    if reference.name in later:
        return f'the step "{reference.name}" comes later'
    return f'there is no earlier step "{reference.name}"'


def _capture_problem(reference: Reference, span: Span, why: str, known: Iterable[str] | None) -> Diagnostic:
    names = sorted(known or ())
    hint = did_you_mean(reference.field or "", names) or did_you_mean(reference.name, names)
    return Diagnostic(code="E322", span=span, message=f"{reference} has no value here: {why}", hint=hint)


def _items(spec: Spec) -> Iterator[Diagnostic]:
    """``${item}`` lives within a ``$for_each`` only."""
    for registration in spec.registrations.values():
        for verb in verbs_of(registration):
            for step in verb.steps:
                request = step.request
                parts = (request.path, request.query, request.body, *dict(request.headers).values())
                for part in (*parts, *step.expect.body, *step.expect.headers, *step.classes):
                    yield from _items_outside(part)
        if not registration.for_each:
            yield from _each_outside(registration)
    for reference, template in references_in((spec.endpoints, spec.classes)):
        if reference.source is Source.EACH:
            yield _outside(reference, template, "for_each")


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
        for _, value in part.entries:
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


def _class_parts(spec: Spec) -> Iterator[Diagnostic]:
    """A class needs a match and an action, unless it retunes a built-in one."""
    for failure_class in _all_classes(spec):
        if failure_class.match is None and failure_class.name not in builtin.NAMES:
            yield Diagnostic(
                code="E326",
                span=failure_class.span,
                message=f'the class "{failure_class.name}" has no match',
                hint=did_you_mean(failure_class.name, builtin.NAMES)
                or f"only built-in classes can be retuned without one: {', '.join(builtin.NAMES)}",
            )
        if failure_class.match is not None and failure_class.action is None:
            message = f'the class "{failure_class.name}" has no action'
            hint = "add action: retry, start_over, fail or succeed"
            yield Diagnostic(code="E327", span=failure_class.span, message=message, hint=hint)


def _needs_cycles(spec: Spec) -> Iterator[Diagnostic]:
    needs = {name: [need.text for need in one.needs] for name, one in spec.registrations.items()}
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        circle = " needs ".join(reversed(error.args[1]))
        span = spec.registrations[error.args[1][0]].span
        yield Diagnostic(
            code="E328", span=span, message=f"a circle: {circle}", hint="none of them could begin"
        )


def _tests(spec: Spec) -> Iterator[Diagnostic]:
    for test in spec.tests:
        registration = _tested(spec, test)
        if registration is None:
            yield from _untested(spec, test)
            continue
        steps = {step.name for verb in verbs_of(registration) for step in verb.steps}
        steps |= {LOGIN} if any(endpoint.login for endpoint in spec.endpoints.values()) else set()
        for answer in test.given:
            if answer.step is not None and answer.step not in steps:
                yield _unknown(f"step of {registration.name}", Name(answer.step, test.span), sorted(steps))
        for variable in test.variables:
            if variable not in spec.variables:
                yield _unknown("variable", Name(variable, test.span), spec.variables)


def _tested(spec: Spec, test: ScriptedTest) -> RegistrationSpec | None:
    if test.registration is not None:
        return spec.registrations.get(test.registration)
    return next(iter(spec.registrations.values())) if len(spec.registrations) == 1 else None


def _untested(spec: Spec, test: ScriptedTest) -> Iterator[Diagnostic]:
    if test.registration is not None:
        yield _unknown("registration", Name(test.registration, test.span), spec.registrations)
    else:
        message = f'the test "{test.name}" does not say which registration it is about'
        yield Diagnostic(code="E329", span=test.span, message=message, hint="add registration: to it")
