"""A script: what a control plane answers, in order.

One language serves a file's own ``tests:``, the sandbox on loopback and simulated fleets.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.model.diagnostic import Span
from runner.model.exchange import TransportKind
from runner.model.outcome import OutcomeState, Reason
from runner.model.value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of a script, or one way of not answering."""

    step: str | None = None
    """The step it answers; none means any."""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: Json = None
    latency_s: float = 0.0
    error: TransportKind | None = None
    times: int | None = None
    """How often it is given; none means once, and for ever when it is the last for its step."""
    for_s: float | None = None
    """How long it is given, counted from the first time."""
    until_s: float | None = None
    """Until when it is given, counted from the start of the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a test of a file promises; only what is named is checked."""

    outcome: OutcomeState | None = None
    within_s: float | None = None
    requests: int | None = None
    class_name: str | None = None
    reason: Reason | None = None
    exit_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTest:
    """One entry of ``tests:``."""

    name: str
    registration: str | None
    variables: Mapping[str, Json]
    environment: Mapping[str, str]
    given: tuple[Answer, ...]
    then: Expected
    seeds: int
    span: Span
