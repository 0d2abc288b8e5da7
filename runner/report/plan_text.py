"""A plan for people: what is sent, in which order, with which policy, and how long it can take."""

import graphlib
from collections.abc import Iterator

from runner.language.endpoints import Endpoint
from runner.language.lifecycle import Lifecycle
from runner.language.policies import RetryPolicy
from runner.language.span import Span
from runner.language.units import format_duration
from runner.model.plan import FailureClass, Plan, Registration, Verb, verbs_of
from runner.retry.builtin import BEAT_POLICY
from runner.values.base_url import mask_userinfo
from runner.values.condition import describe


def render_plan(plan: Plan) -> str:
    """Return the plan of a file, with placeholders as they are written."""
    lines = [f"{plan.file} (sha256 {plan.sha256[:12]})", *map(_endpoint, plan.endpoints.values())]
    for registration in plan.registrations.values():
        lines += ["", *_registration(registration)]
    lines += ["", *_lifecycle(plan.lifecycle)]
    lines += [f"until everything is registered it takes at most {format_duration(longest_run_s(plan))}"]
    if plan.late:
        lines += ["", "given by variables when it runs, so what is said of them above can differ:"]
        lines += [f"  {each.key}: {each.template}" for each in plan.late]
    if plan.not_yet:
        lines += ["", "not there yet in this version, so run refuses the file:"]
        lines += [f"  {finding.span} {finding.message}" for finding in plan.not_yet]
    return "\n".join(lines)


def _lifecycle(lifecycle: Lifecycle) -> Iterator[str]:
    """What happens around an application; a file that says nothing about it has the defaults."""
    if lifecycle == Lifecycle():
        return
    stop, ready = lifecycle.stop, lifecycle.ready
    yield f"with an application: registers {lifecycle.register}"
    if ready is not None:
        target = " ".join(map(str, ready.target))
        every, most = format_duration(ready.every_s), format_duration(ready.deadline_s)
        yield f"  ready: {ready.kind} {target}, looked at every {every} for at most {most}"
    later = (
        ""
        if lifecycle.retry_later_s is None
        else f", tried again every {format_duration(lifecycle.retry_later_s)}"
    )
    yield f"  on failure: {lifecycle.on_failure}{later}"
    yield f"  on lost: {lifecycle.on_lost}"
    parts = f"deregister {format_duration(stop.deregister_s)}, drain {format_duration(stop.drain_s)}"
    yield f"  stop: {parts}, signal {stop.signal or 'as it comes'}, killed after {format_duration(stop.deadline_s)}"
    if lifecycle.listen is not None:
        yield f"  status: at {lifecycle.listen}"


def _endpoint(endpoint: Endpoint) -> str:
    auth = " with a bearer token" if endpoint.bearer else " with a password" if endpoint.basic else ""
    via = f" through {endpoint.socket}" if endpoint.socket else ""
    limits = f"connect {format_duration(endpoint.connect_timeout_s)}"
    limits += f", attempt {format_duration(endpoint.attempt_timeout_s)}"
    urls = ", ".join(mask_userinfo(str(url)) for url in endpoint.addresses)
    return f"endpoint {endpoint.name}: {urls}{via}{auth} ({limits})"


def _registration(registration: Registration) -> Iterator[str]:
    needs = f", after {', '.join(registration.needs)}" if registration.needs else ""
    optional = "" if registration.required else ", optional"
    recipe = (
        "" if registration.use is None else f" by {registration.use.text} (line {registration.use.span.line})"
    )
    yield f"registration {registration.name}{needs}{optional}{recipe}"
    yield f"  policy {_policy(registration.policy)}"
    for verb in verbs_of(registration):
        yield from _verb(verb, registration)
    yield f"  takes at most {format_duration(worst_case_s(registration))}, verification included"


def _verb(verb: Verb, registration: Registration) -> Iterator[str]:
    when = f" ({registration.deregister_when})" if verb is registration.deregister else ""
    if verb is registration.heartbeat:
        when = f" every {format_duration(registration.heartbeat_every_s)}"
    policy = f", policy {_policy(verb.policy)}" if verb.policy else ""
    if verb.policy is not None and verb.policy.name == BEAT_POLICY:
        policy = f", the next beat is the retry, lost after {registration.give_up_after} that are refused"
    yield f"  {verb.name}{when}{policy}"
    for number, step in enumerate(verb.steps, start=1):
        request = step.request
        body = f", {request.body_kind} body" if request.body_kind else ""
        once = "" if request.idempotent else ", sent once if it may have been processed"
        written = _recipe_place(step.span)
        yield f"    {number}. {step.name}: {request.method} {request.path} at {step.endpoint}{body}{once}{written}"
        if step.when:
            yield f"       only when {' and '.join(map(describe, step.when))}"
        captures = ", ".join(f"{step.name}.{capture.name}" for capture in step.captures)
        conditions = "".join(f", {describe(each)}" for each in (*step.expect.headers, *step.expect.body))
        yield f"       expects {step.expect.status}{conditions}" + (
            f"; captures {captures}" if captures else ""
        )
        yield from (f"       {_class(each)}" for each in step.declared)


def _class(failure_class: FailureClass) -> str:
    policy = f" by {failure_class.policy.name}" if failure_class.policy and failure_class.retries else ""
    line = "" if failure_class.span is None else _recipe_place(failure_class.span)
    if failure_class.span is not None and not line:
        line = f" (line {failure_class.span.line})"
    return f"{failure_class.name}: {failure_class.action}{policy}{line}"


def _recipe_place(span: Span) -> str:
    """Return where in a recipe something stands; nothing for what stands in the file."""
    return f" ({span.file}:{span.line})" if span.used else ""


def _policy(policy: RetryPolicy) -> str:
    attempts = "unlimited" if policy.attempts is None else str(policy.attempts)
    attempts += " attempt" if policy.attempts == 1 else " attempts"
    deadline = f" within {format_duration(policy.deadline_s)}" if policy.deadline_s is not None else ""
    backoff = policy.backoff
    waits = f"{format_duration(backoff.initial_s)} to {format_duration(backoff.max_s)}, times {backoff.multiplier:g}"
    return f"{policy.name}: {attempts}{deadline}, waits {waits}, {backoff.jitter} jitter"


def worst_case_s(registration: Registration) -> float:
    """Return the longest that a registration can take, in seconds.

    A server that refuses connections is tried without a limit on attempts, so the bound is the deadline; it
    holds for everything inside: attempts in flight, waits, classes, logins and the verification.
    """
    return registration.policy.deadline_s or 0.0


def longest_run_s(plan: Plan) -> float:
    """Return the longest until everything is registered: readiness, the start splay, the longest chain of needs, and the queues.

    A registration's clock begins when its first request gets its place, and a place is held by somebody whose clock runs.
    """
    ends_s: dict[str, float] = {}
    needs = {each.name: each.needs for each in plan.registrations.values()}
    for name in graphlib.TopologicalSorter(needs).static_order():
        begins_s = max((ends_s[need] for need in needs[name]), default=0.0)
        registration = plan.registrations[name]
        queue_s = max(
            (_queue_s(plan, step.endpoint) for step in registration.register.steps[:1]), default=0.0
        )
        ends_s[name] = begins_s + queue_s + worst_case_s(registration)
    ready = plan.lifecycle.ready
    return plan.lifecycle.splay_s + (ready.deadline_s if ready else 0.0) + max(ends_s.values())


def _queue_s(plan: Plan, endpoint: str) -> float:
    """Return the longest that a registration waits for its first connection to an endpoint, and for another's login."""
    users_s = [worst_case_s(each) for each in plan.registrations.values() if endpoint in _endpoints_of(each)]
    places = plan.endpoints[endpoint].max_concurrency
    login_s = max(users_s) if endpoint in plan.logins and len(users_s) > 1 else 0.0
    return login_s + (sum(users_s) / places if len(users_s) > places else 0.0)


def _endpoints_of(registration: Registration) -> set[str]:
    return {step.endpoint for verb in verbs_of(registration) for step in verb.steps}
