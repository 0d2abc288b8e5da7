"""A failed attempt with its class, and what is decided about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.language.terms import Processed, Reason, TransportKind
from runner.model.plan import FailureClass
from runner.model.secret import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An attempt that did not give what its step expects, and the class that took it."""

    failure_class: FailureClass
    processed: Processed
    message: str
    """The cause in words."""
    status: int | None = None
    kind: TransportKind | None = None
    server_message: str | None = None
    retry_after_s: float | None = None
    note: str | None = None
    """Something odd about the answer that did not decide anything, such as an unreadable Retry-After."""


@dataclass(frozen=True, slots=True)
class Success:
    """An attempt that gave what its step expects, with what it captured."""

    captures: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Retry:
    """Send the step again after a wait; ``until_s`` bounds that attempt, on the loop's clock."""

    delay_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class StartOver:
    """Begin the registration again from its first step after a wait."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Succeed:
    """Count the attempt as a success; ``adopts`` when what was there already is this run's from here on."""

    adopts: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop; ``ambiguous`` when the request may have taken effect and must not be repeated."""

    reason: Reason
    ambiguous: bool = False


Decision = Retry | StartOver | Succeed | GiveUp
