"""A failed attempt with its class, and what is decided about it."""

from collections.abc import Mapping

from msgspec import Struct

from runner.language.terms import Processed, Reason, TransportKind
from runner.model.plan import FailureClass
from runner.model.secret import Value


class Failure(Struct, frozen=True, kw_only=True):
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


class Success(Struct, frozen=True):
    """An attempt that gave what its step expects, with what it captured."""

    captures: Mapping[str, Value]


class Retry(Struct, frozen=True):
    """Send the step again after a wait; ``until_s`` bounds that attempt, on the loop's clock."""

    delay_s: float
    until_s: float


class StartOver(Struct, frozen=True):
    """Begin the registration again from its first step after a wait."""

    delay_s: float


class Succeed(Struct, frozen=True):
    """Count the attempt as a success; ``adopts`` when what was there already is this run's from here on."""

    adopts: bool = False


class GiveUp(Struct, frozen=True):
    """Stop; ``ambiguous`` when the request may have taken effect and must not be repeated."""

    reason: Reason
    ambiguous: bool = False


Decision = Retry | StartOver | Succeed | GiveUp
