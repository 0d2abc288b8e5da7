"""A transport that gives the answers of an earlier run again, and nothing beyond them."""

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator

from runner.adapters.virtual.transport import OWN_IP
from runner.language.terms import Processed, TransportKind
from runner.language.units import format_duration
from runner.model.exchange import Exchange, Limits, Request
from runner.model.outcome import Attempt, Outcome, Report
from runner.model.recording import RecordedFailure, RecordedResponse
from runner.model.secret import reveal
from runner.values.request import LOGIN

_NO_ANSWERS = {
    TransportKind.CANCELLED, TransportKind.INTERNAL, TransportKind.INVALID_URL, TransportKind.REQUEST_INVALID,
}  # fmt: skip
_WAITED_OUT = {
    TransportKind.CONNECT_TIMEOUT, TransportKind.READ_TIMEOUT, TransportKind.READ_TIMEOUT_BODY, TransportKind.TOTAL_TIMEOUT,
}  # fmt: skip


class RecordedTransport:
    """Answers each step of each verb with what it was answered then, in that order.

    Where there is no more, the registration that asks is cancelled: nobody knows what would have come.
    """

    def __init__(self, report: Report) -> None:
        self.asked: dict[str, list[Attempt]] = defaultdict(list)
        """What each registration was given."""
        self.ended: dict[str, tuple[str, str]] = {}
        """The registrations for which the recording ended, and the verb and step that asked for more."""
        self._left: dict[tuple[str, ...], deque[Attempt]] = defaultdict(deque)
        self._late_s = {id(attempt): late_s for each in report.outcomes for attempt, late_s in _late(each)}
        listed = ((each.registration, attempt) for each in report.outcomes for attempt in each.attempts)
        for registration, attempt in sorted(listed, key=lambda pair: pair[1].started_s):
            if attempt.error_kind not in _NO_ANSWERS:
                self._left[_key(registration, attempt.verb, attempt.step)].append(attempt)

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        """See ``ports.Transport``."""
        registration, verb = request.asker
        left = self._left[_key(registration, verb, request.step)]
        if not left:
            self.ended[registration] = (verb, request.step)
            raise asyncio.CancelledError
        then = left.popleft()
        self.asked[registration].append(then)
        if then.processed is not Processed.NEVER or then.status is not None:
            on_sent()
        await asyncio.sleep(self._late_s[id(then)])
        return await _again(then, limits)

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str:  # noqa: ARG002 - the port's signature
        """See ``ports.Transport``; a recording keeps no requests, so it does not matter which."""
        return OWN_IP


def _late(outcome: Outcome) -> Iterator[tuple[Attempt, float]]:
    """How much later than after its wait each attempt began: a busy machine takes its time, and deadlines count it."""
    due_s = outcome.started_s
    for attempt in outcome.attempts:
        yield attempt, max(0.0, attempt.started_s - due_s)
        due_s = attempt.ended_s + (attempt.wait_s or 0.0)


def _key(registration: str, verb: str, step: str) -> tuple[str, ...]:
    """A login is shared by all who use its endpoint, so it belongs to whoever comes first."""
    return (LOGIN,) if step == LOGIN else (registration, verb, step)


async def _again(then: Attempt, limits: Limits) -> Exchange:
    bound_s = limits.connect_s if then.error_kind is TransportKind.CONNECT_TIMEOUT else limits.attempt_s
    took_s = then.ended_s - then.started_s
    if then.error_kind in _WAITED_OUT or took_s > bound_s:
        await asyncio.sleep(bound_s)
        kind = then.error_kind or TransportKind.READ_TIMEOUT
        message = f"no answer within {format_duration(bound_s)}"
        return RecordedFailure(
            kind=kind, processed=then.processed or Processed.MAYBE, message=message, then=then
        )
    await asyncio.sleep(took_s)
    if then.error_kind is not None or then.status is None:
        return RecordedFailure(
            kind=then.error_kind or TransportKind.PROTOCOL_ERROR,
            processed=then.processed or Processed.MAYBE,
            message=then.message or "",
            status=then.status,
            then=then,
        )
    asked = {} if then.retry_after_s is None else {"retry-after": str(math.ceil(then.retry_after_s))}
    body = b"" if then.body is None else reveal(then.body).encode(errors="replace")
    return RecordedResponse(status=then.status, headers=asked, body=body, then=then)
