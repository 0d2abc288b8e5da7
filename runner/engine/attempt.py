"""One attempt: render the request, wait for a place at the endpoint, send it within its bounds."""

import asyncio
from dataclasses import dataclass, replace

from runner.engine.context import Context, now_s
from runner.language.units import format_duration
from runner.model.bound import Address, Scope
from runner.model.exchange import Exchange, Limits, Processed, Request, TransportFailure, TransportKind
from runner.model.plan import Step
from runner.model.secret import Secret
from runner.values.request import render_request
from runner.values.template import RenderError

_REQUEST_ID_HEADERS = ("x-rivet-ray-id", "x-request-id", "x-amzn-requestid", "x-correlation-id", "request-id")


_OUT_OF_TIME = {TransportKind.READ_TIMEOUT, TransportKind.READ_TIMEOUT_BODY, TransportKind.TOTAL_TIMEOUT}


class Progress:
    """How far a request got, for whoever has to explain a cancellation."""

    def __init__(self) -> None:
        self.sent = False

    def on_sent(self) -> None:
        """Note that the server may have begun to see the request."""
        self.sent = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An exchange and what was asked for."""

    exchange: Exchange
    began_s: float
    url: str = ""
    too_late: bool = False
    """The deadline came before it could be sent, so nobody has seen it and no report counts it."""

    @property
    def request_id(self) -> str | None:
        """The server's own name for the request, if it gave one."""
        headers = self.exchange.headers
        return next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What to send, and within which bounds."""

    step: Step
    scope: Scope
    until_s: float
    """The nearest deadline on the loop's clock; it bounds the attempt in flight too."""
    address: Address
    """Which of the endpoint's addresses is asked."""
    asker: tuple[str, str]
    """The registration and the verb."""
    again: bool
    """Whether this repeats a request, which takes a new connection."""


async def try_once(context: Context, this: Try, progress: Progress) -> Tried:
    """Send a step's request once.

    Args:
        context: of the run.
        this: what, where and until when.
        progress: told when the request goes out.

    Returns:
        What came of it; a request that cannot be rendered is a failure like others.
    """
    began_s = now_s()
    live = context.endpoints[this.step.endpoint]
    try:
        request = render_request(
            this.step,
            live.bound,
            this.address,
            this.scope,
            login=live.login or {},
            # What the server has closed by now would swallow a request that nobody may repeat.
            fresh_connection=this.again or not this.step.request.idempotent,
        )
    except RenderError as error:
        return Tried(exchange=_not_sent(TransportKind.REQUEST_INVALID, str(error)), began_s=began_s)
    request = replace(request, asker=this.asker)
    _learn(context, request)
    try:
        async with asyncio.timeout_at(this.until_s):
            await live.gate.acquire()
    except TimeoutError:
        message = f"no free place at {this.step.endpoint} before the deadline"
        failure = _not_sent(TransportKind.TOTAL_TIMEOUT, message)
        return Tried(exchange=failure, began_s=began_s, url=str(request.url), too_late=True)
    try:
        if now_s() >= this.until_s:
            failure = _not_sent(TransportKind.TOTAL_TIMEOUT, "the deadline had passed before it was sent")
            return Tried(exchange=failure, began_s=began_s, url=str(request.url), too_late=True)
        exchange = await _send(context, request, this.until_s, progress)
    finally:
        live.gate.release()
    return Tried(exchange=exchange, began_s=began_s, url=str(request.url))


async def _send(context: Context, request: Request, until_s: float, progress: Progress) -> Exchange:
    endpoint = context.bound.endpoints[request.endpoint]
    left_s = until_s - now_s()
    limits = Limits(
        attempt_s=min(endpoint.attempt_timeout_s, left_s),
        connect_s=min(endpoint.connect_timeout_s, left_s),
    )
    exchange = await context.transport.send(request, limits, progress.on_sent)
    cut_short = limits.attempt_s < endpoint.attempt_timeout_s
    if cut_short and isinstance(exchange, TransportFailure) and exchange.kind in _OUT_OF_TIME:
        what = "no answer" if exchange.processed is not Processed.STARTED else "no complete answer"
        message = f"{what} within {format_duration(limits.attempt_s)}, when the deadline came"
        return replace(exchange, message=message)
    return exchange


def _not_sent(kind: TransportKind, message: str) -> TransportFailure:
    return TransportFailure(kind=kind, processed=Processed.NEVER, message=message)


def _learn(context: Context, request: Request) -> None:
    """What rendering made of secrets (an encoded one, say) is to be masked like the secrets themselves."""
    rendered = [value for _, value in request.headers if isinstance(value, Secret)]
    context.redactor.hold(("headers", *request.asker, request.step), rendered)
