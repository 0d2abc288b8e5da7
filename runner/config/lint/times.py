"""Warnings about times that do not fit into each other."""

from collections.abc import Iterator

from runner.config.lint.warning import warning
from runner.config.parts_of import endpoint_of, verbs_of
from runner.config.read.source import SourceTree
from runner.language.file import Spec
from runner.language.registrations import RegistrationSpec
from runner.language.terms import VerbName
from runner.language.units import format_duration
from runner.model.diagnostic import Diagnostic
from runner.retry.builtin import DEFAULT_POLICY


def short_deadlines(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """A deadline shorter than one attempt may take leaves nothing for a second one."""
    for registration in spec.registrations.values():
        deadline_s = _deadline_s(spec, registration)
        for name in dict.fromkeys(_endpoints(spec, registration)):
            timeout_s = spec.endpoints[name].attempt_timeout_s
            if deadline_s < timeout_s:
                span = registration.policy.span if registration.policy else registration.span
                message = (
                    f"all of {registration.name} has {format_duration(deadline_s)}, "
                    f"and one attempt at {name} may take {format_duration(timeout_s)}"
                )
                hint = f"one answer that hangs uses up the deadline; lower attempt_timeout of {name}, or raise it"
                yield warning("W509", span, message, hint)


def _deadline_s(spec: Spec, registration: RegistrationSpec) -> float:
    name = registration.policy.text if registration.policy else "default"
    policy = spec.policies.get(name, DEFAULT_POLICY)
    return policy.deadline_s or DEFAULT_POLICY.deadline_s or 0.0


def _endpoints(spec: Spec, registration: RegistrationSpec) -> Iterator[str]:
    """The endpoints that a registration's deadline is about: those of register and verify."""
    for verb in verbs_of(registration):
        if verb.name in {VerbName.REGISTER, VerbName.VERIFY}:
            for step in verb.steps:
                yield endpoint_of(spec, registration, verb, step)


def long_ends(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """What takes longer than the platform waits is cut off by its kill, and what comes last never happens."""
    stop, platform_s = spec.lifecycle.stop, spec.lifecycle.platform_stop_timeout_s
    deadline_s = stop.deadline_s
    place = ("lifecycle", "stop")
    if deadline_s > platform_s:
        written = (*place, "deadline") in tree.places
        span = (
            tree.span((*place, "deadline"))
            if written
            else tree.key_span(("lifecycle", "platform_stop_timeout"))
        )
        message = f"the end may take {format_duration(deadline_s)}, and the platform kills after {format_duration(platform_s)}"
        hint = "lower deadline, or raise the platform's timeout and say so in platform_stop_timeout"
        yield warning("W510", span, message, hint)
    parts_s = stop.deregister_s + stop.drain_s
    if parts_s >= deadline_s:
        message = f"deregister and drain take {format_duration(parts_s)} of {format_duration(deadline_s)}"
        hint = "the application would be killed without a signal; raise deadline, or lower them"
        yield warning("W521", tree.key_span(place), message, hint)


RULES = (short_deadlines, long_ends)
