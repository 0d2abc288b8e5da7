"""A plan gets the values of one environment, or diagnostics that name everything that is missing.

Binding happens as late as possible and again before deregistering, so that credentials are fresh.
"""

import platform
from collections.abc import Collection, Iterator, Mapping

from runner.config.binding.addresses import unusable_lifecycle
from runner.config.binding.binder import Binder
from runner.config.binding.known_secrets import known_secrets
from runner.config.binding.rehearsal import impossible
from runner.language.lifecycle import Lifecycle
from runner.language.terms import VerbName
from runner.language.value import Json, Reference, Template
from runner.model.bound import BoundPlan, Scope
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan, Step, verbs_of
from runner.ports import Files
from runner.values.walk import is_own_ip, parsed_in, references_in


def bind(
    plan: Plan,
    environment: Mapping[str, str],
    files: Files,
    *,
    verbs: Collection[VerbName] = (VerbName.REGISTER, VerbName.VERIFY),
    overrides: Mapping[str, Json] | None = None,
    with_lifecycle: bool = False,
    itself: Mapping[str, str] | None = None,
) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    """Give a plan its values.

    Args:
        plan: what to bind.
        environment: the environment variables.
        files: reads what ``file`` names.
        verbs: what will be run; only what these use must have a value.
        overrides: values of variables that replace their source, as a file's own tests give them.
        with_lifecycle: whether what ``lifecycle`` asks for is used, too.
        itself: what ``${self:...}`` stands for; this machine by default.

    Returns:
        The bound plan, or everything that is missing or unusable, all at once.
    """
    assert plan.with_values is None, "settled before it is bound"
    used = _used(plan, verbs, plan.lifecycle if with_lifecycle else None, environment)
    parsed = {(reference.source, reference.name) for reference in parsed_in(tuple(_steps(plan, verbs)))}
    binder = Binder(plan, environment, files, overrides or {}, parsed)
    itself = {"hostname": platform.node()} if itself is None else itself
    values, contents = binder.variables(plan, used), binder.files(used)
    scope = Scope(variables=values, environment=environment, files=contents, captures={}, itself=itself)
    binder.environment(used)
    if binder.found:
        return None, binder.findings(scope)
    names = {step.endpoint for step in _steps(plan, verbs)}
    asked = {name: each for name, each in plan.endpoints.items() if name in names}
    endpoints = {name: binder.endpoint(each, plan.logins.get(name), scope) for name, each in asked.items()}
    logins = (plan.logins[name] for name in asked if name in plan.logins)
    binder.found += impossible((*logins, *_steps(plan, verbs)), scope)
    binder.found += unusable_lifecycle(plan.lifecycle, scope) if with_lifecycle else ()
    if binder.found:
        return None, binder.findings(scope)
    return BoundPlan(
        plan=plan,
        registrations=plan.registrations,
        endpoints=endpoints,
        scope=scope,
        asks_own_ip=any(is_own_ip(reference) for reference, _ in used),
        secrets=(*binder.secrets, *known_secrets(plan, scope)),
    ), ()


def _used(
    plan: Plan, verbs: Collection[VerbName], lifecycle: Lifecycle | None, environment: Mapping[str, str]
) -> list[tuple[Reference, Template]]:
    """The placeholders that the verbs will need, in file order, those of their endpoints first."""
    steps = list(_steps(plan, verbs))
    names = {step.endpoint for step in steps}
    endpoints = [endpoint for name, endpoint in plan.endpoints.items() if name in names]
    logins = [login for name, login in plan.logins.items() if name in names]
    parts = (*endpoints, *logins, *steps, lifecycle)
    return [found for part in parts for found in references_in(part, environment)]


def _steps(plan: Plan, verbs: Collection[VerbName]) -> Iterator[Step]:
    for registration in plan.registrations.values():
        for verb in verbs_of(registration):
            if verb.name in verbs:
                yield from verb.steps
