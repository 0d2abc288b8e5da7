"""A transport that plays a script, with the bounds and the phases of the real one."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct

from runner.adapters.script import Asked, Player, response_of
from runner.language.stories import ScriptedAnswer
from runner.language.terms import Processed, TransportKind, VerbName
from runner.language.units import format_duration
from runner.model.exchange import Exchange, Limits, Request, TransportFailure
from runner.model.secret import reveal

_WAITS_OUT_THE_ATTEMPT = {
    TransportKind.READ_TIMEOUT,
    TransportKind.READ_TIMEOUT_BODY,
    TransportKind.TOTAL_TIMEOUT,
}


class Sent(Struct, frozen=True):
    """A request that the script saw, and when."""

    at_s: float
    request: Request


OWN_IP = "192.0.2.1"
"""Of whoever runs virtually: an address that RFC 5737 keeps for documentation."""


class ScriptedTransport:
    """Answers requests from a script and keeps what it was sent."""

    def __init__(self, script: Sequence[ScriptedAnswer], began_s: float | None = None) -> None:
        """Prepare.

        Args:
            script: the answers.
            began_s: when the script begins, on the loop's clock; with the first request by default.
        """
        self._player = Player(script)
        self._began_s = began_s
        self.sent: list[Sent] = []

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        """See ``ports.Transport``."""
        now_s = asyncio.get_running_loop().time()
        if self._began_s is None:
            self._began_s = now_s
        self.sent.append(Sent(now_s, request))
        answer = self._player.due(_asked(request), now_s - self._began_s)
        if answer.error is not None and answer.error.usual_processed is Processed.NEVER:
            return await self._fail_to_connect(answer.error, answer.latency_s, limits)
        on_sent()
        if answer.latency_s > limits.attempt_s or answer.error in _WAITS_OUT_THE_ATTEMPT:
            await asyncio.sleep(limits.attempt_s)
            kind = answer.error or TransportKind.READ_TIMEOUT
            return _failure(kind, f"no answer within {format_duration(limits.attempt_s)}")
        await asyncio.sleep(answer.latency_s)
        if answer.error is not None:
            return _failure(answer.error, f"scripted: {answer.error}")
        return response_of(answer)

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str:  # noqa: ARG002 - the port's signature
        """See ``ports.Transport``; it is the same in every test."""
        return OWN_IP

    async def _fail_to_connect(self, kind: TransportKind, latency_s: float, limits: Limits) -> Exchange:
        timed_out = kind is TransportKind.CONNECT_TIMEOUT
        await asyncio.sleep(limits.connect_s if timed_out else min(latency_s, limits.connect_s))
        return _failure(kind, f"scripted: {kind}")


def _asked(request: Request) -> Asked:
    verb = VerbName(request.asker[1]) if request.asker[1] else None
    return Asked(request.step, verb, request.endpoint, reveal(request.url))


def _failure(kind: TransportKind, message: str) -> TransportFailure:
    return TransportFailure(kind=kind, processed=kind.usual_processed, message=message)
