"""A file as its author wrote it: typed, with positions, names not yet looked up.

Checks speak about these. Where the written form is already what runs (requests, policies, captures), the
types are those of the plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.model.diagnostic import Span
from runner.model.lifecycle import DeregisterWhen, Lifecycle
from runner.model.outcome import VerbName
from runner.model.plan import (
    Action,
    Capture,
    Endpoint,
    Expect,
    Match,
    RequestTemplate,
    RetryPolicy,
    Variable,
)
from runner.model.script import ScriptedTest


@dataclass(frozen=True, slots=True)
class Name:
    """A name that refers to something else in the file."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSpec:
    """A failure class; a part that is none was not written."""

    name: str
    match: tuple[Match, ...] | None
    action: Action | None
    policy: Name | None
    exit_status: int | None
    hint: str | None
    message: str | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One request of a verb."""

    name: str
    endpoint: Name | None
    request: RequestTemplate
    expect: Expect
    captures: tuple[Capture, ...]
    classes: tuple[ClassSpec, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbSpec:
    """Registering, verifying or undoing."""

    name: VerbName
    steps: tuple[StepSpec, ...]
    endpoint: Name | None
    policy: Name | None
    classes: tuple[ClassSpec, ...]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationSpec:
    """One entry of ``registrations``."""

    name: str
    endpoint: Name | None
    policy: Name | None
    required: bool
    needs: tuple[Name, ...]
    register: VerbSpec
    verify: VerbSpec | None
    heartbeat: VerbSpec | None
    heartbeat_every_s: float
    deregister: VerbSpec | None
    deregister_when: DeregisterWhen
    classes: tuple[ClassSpec, ...]
    for_each: bool
    not_yet: tuple[Name, ...]
    """Parts of the language that it uses and that this version cannot run."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSpec:
    """One entry of ``endpoints``, with the classes that hold for it."""

    endpoint: Endpoint
    login: "StepSpec | None"
    classes: tuple[ClassSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySpec:
    """One entry of ``retry_policies``."""

    policy: RetryPolicy
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A whole file."""

    file: str
    variables: Mapping[str, Variable]
    endpoints: Mapping[str, EndpointSpec]
    policies: Mapping[str, PolicySpec]
    classes: tuple[ClassSpec, ...]
    registrations: Mapping[str, RegistrationSpec]
    tests: tuple[ScriptedTest, ...]
    reports: Mapping[str, str]
    lifecycle: Lifecycle
    bodies: bool
