"""A checked ``Spec`` becomes a ``Plan``: references resolved, scopes of failure classes flattened."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TypeAlias

from msgspec import structs
from msgspec.structs import replace

from runner.language.classes import ClassSpec
from runner.language.file import Spec
from runner.language.policies import RetryPolicy
from runner.language.registrations import RegistrationSpec, VerbSpec
from runner.language.requests import StepSpec
from runner.language.terms import VerbName
from runner.language.value import Name
from runner.model.diagnostic import Diagnostic
from runner.model.plan import FailureClass, Plan, Registration, Step, Verb
from runner.retry.builtin import BEAT_POLICY, DEFAULT_POLICY, built_in_classes

Classes: TypeAlias = tuple[ClassSpec, ...]


def compile_plan(spec: Spec, sha256: str) -> Plan:
    """Return the plan of a file in which every name exists."""
    class_lists = _ClassLists(spec)
    return Plan(
        file=spec.file,
        sha256=sha256,
        variables=spec.variables,
        # What its steps make of their answers stands in them, and its login among the logins.
        endpoints={name: replace(each, login=None, classes=()) for name, each in spec.endpoints.items()},
        logins={
            name: _login(class_lists, name, each.login) for name, each in spec.endpoints.items() if each.login
        },
        registrations={name: _registration(class_lists, each) for name, each in spec.registrations.items()},
        tests=spec.tests,
        reports=spec.reports,
        lifecycle=spec.lifecycle,
        not_yet=tuple(_not_yet(spec)),
    )


def _not_yet(spec: Spec) -> Iterator[Diagnostic]:
    """Yield the parts of the language that this version cannot run."""
    for registration in spec.registrations.values():
        for name in registration.not_yet:
            message = f'"{name.text}" is part of the language, and this version of enlist cannot run it yet'
            hint = "take it out, or install a newer one"
            yield Diagnostic(code="E501", span=name.span, message=message, hint=hint)


def _policy(spec: Spec, name: Name | None) -> RetryPolicy:
    """The named policy; without a name ``default``, which the file may define."""
    key = "default" if name is None else name.text
    return spec.policies.get(key, DEFAULT_POLICY)


def _login(class_lists: "_ClassLists", name: str, written: StepSpec) -> Step:
    innermost_first = (written.classes, class_lists.spec.endpoints[name].classes, class_lists.spec.classes)
    return _with_classes(class_lists, VerbName.REGISTER, written, name, innermost_first, has_login=False)


def _registration(class_lists: "_ClassLists", written: RegistrationSpec) -> Registration:
    policy = _policy(class_lists.spec, written.policy)
    if policy.deadline_s is None:
        # Something must bound the whole; a class's policy may leave that to the one around it.
        policy = replace(policy, deadline_s=DEFAULT_POLICY.deadline_s)
    return Registration(
        name=written.name,
        required=written.required,
        needs=tuple(need.text for need in written.needs),
        policy=policy,
        register=_verb(class_lists, written, written.register),
        verify=_verb(class_lists, written, written.verify) if written.verify else None,
        heartbeat=_heartbeat(class_lists, written, policy),
        heartbeat_every_s=written.heartbeat.every_s if written.heartbeat else 0.0,
        give_up_after=written.heartbeat.give_up_after if written.heartbeat else 3,
        deregister=_verb(class_lists, written, written.deregister) if written.deregister else None,
        deregister_when=written.deregister_when,
        span=written.span,
        use=written.use,
    )


def _verb(class_lists: "_ClassLists", registration: RegistrationSpec, verb: VerbSpec) -> Verb:
    return Verb(
        name=verb.name,
        steps=tuple(_step(class_lists, registration, verb, step) for step in verb.steps),
        policy=None if verb.policy is None else _policy(class_lists.spec, verb.policy),
        span=verb.span,
    )


def _heartbeat(class_lists: "_ClassLists", written: RegistrationSpec, policy: RetryPolicy) -> Verb | None:
    """A beat without a policy of its own is tried once at each address: the next beat is the retry."""
    if written.heartbeat is None:
        return None
    verb = _verb(class_lists, written, written.heartbeat)
    if verb.policy is not None:
        return verb
    addresses = max(
        (len(class_lists.spec.endpoints[step.endpoint].addresses) for step in verb.steps), default=1
    )
    once = RetryPolicy(
        name=BEAT_POLICY,
        attempts=addresses,
        deadline_s=written.heartbeat.every_s,
        retry_after=policy.retry_after,
    )
    return structs.replace(verb, policy=once)


def _step(class_lists: "_ClassLists", registration: RegistrationSpec, verb: VerbSpec, step: StepSpec) -> Step:
    named = step.endpoint or verb.endpoint or registration.endpoint
    endpoint = named.text if named is not None else next(iter(class_lists.spec.endpoints))
    innermost_first = (
        step.classes,
        verb.classes,
        registration.classes,
        class_lists.spec.endpoints[endpoint].classes,
        class_lists.spec.classes,
    )
    has_login = class_lists.spec.endpoints[endpoint].login is not None
    return _with_classes(class_lists, verb.name, step, endpoint, innermost_first, has_login=has_login)


def _with_classes(
    class_lists: "_ClassLists",
    verb: VerbName,
    step: StepSpec,
    endpoint: str,
    innermost_first: Sequence[Classes],
    *,
    has_login: bool,
) -> Step:
    """Return a step with the classes that its answers are matched with."""
    return Step(
        name=step.name,
        endpoint=endpoint,
        request=step.request,
        when=step.when,
        expect=step.expect,
        captures=step.captures,
        declared=class_lists.declared(innermost_first),
        built_in=class_lists.built_in(verb, innermost_first, has_login=has_login),
        span=step.span,
    )


class _ClassLists:
    """The classes that answers are matched with, made once for all steps with the same lists: thousands of steps can share thousands."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._made: dict[tuple[object, ...], tuple[FailureClass, ...]] = {}

    def declared(self, innermost_first: Sequence[Classes]) -> tuple[FailureClass, ...]:
        """Return the classes that the file declares."""
        key = tuple(map(id, innermost_first))
        if key not in self._made:
            self._made[key] = tuple(chain.from_iterable(map(self._declared_in, innermost_first)))
        return self._made[key]

    def _declared_in(self, classes: Classes) -> tuple[FailureClass, ...]:
        key = (id(classes),)
        if key not in self._made:
            self._made[key] = tuple(_declared(self.spec, each) for each in classes if each.match is not None)
        return self._made[key]

    def built_in(
        self, verb: VerbName, innermost_first: Sequence[Classes], *, has_login: bool
    ) -> tuple[FailureClass, ...]:
        """Return the built-in ones, with what the file changes about them."""
        key = (verb, has_login, *map(id, innermost_first))
        if key not in self._made:
            built_in = built_in_classes(verb, has_login=has_login)
            written = tuple(each for classes in innermost_first for each in classes)
            self._made[key] = _retuned(self.spec, built_in, written)
        return self._made[key]


def _declared(spec: Spec, written: ClassSpec) -> FailureClass:
    if written.match is None or written.action is None:
        raise AssertionError(f"{written.span}: the checks let through a class without match or action")
    return FailureClass(
        name=written.name,
        action=written.action,
        match=written.match,
        policy=_policy(spec, written.policy) if written.policy else None,
        exit_status=written.exit_status,
        hint=written.hint,
        message=written.message,
        span=written.span,
    )


def _retuned(
    spec: Spec, built_in: Sequence[FailureClass], written: Sequence[ClassSpec]
) -> tuple[FailureClass, ...]:
    """The built-in classes with what the file changes about them; the innermost change wins."""
    classes = {each.name: each for each in built_in}
    for change in reversed(written):
        if change.match is not None or change.name not in classes:
            continue
        changes = {
            "action": change.action,
            "policy": _policy(spec, change.policy) if change.policy else None,
            "exit_status": change.exit_status,
            "hint": change.hint,
            "message": change.message,
            "span": change.span,
        }
        said = {key: value for key, value in changes.items() if value is not None}
        classes[change.name] = structs.replace(classes[change.name], **said)
    return tuple(classes.values())
