"""What an attempt gave: a failure with its class, or what was captured."""

from collections.abc import Mapping

from msgspec import Struct

from runner.language.terms import Processed, TransportKind
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
