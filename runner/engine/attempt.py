"""One attempt: render the request, wait for a place at the endpoint, send it within its bounds."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from runner.engine.context import Context, now_s
from runner.engine.live import LiveEndpoint
from runner.engine.turns import SentAway
from runner.language.terms import Processed, TransportKind
from runner.language.units import format_duration
from runner.model.bound import Address, Scope
from runner.model.exchange import Exchange, Limits, Request, TransportFailure
from runner.model.plan import Step
from runner.model.secret import Secret, reveal
from runner.retry.classify import within_bounds
from runner.values.request import render_request
from runner.values.template import RenderError
from runner.values.walk import is_own_ip, references_in

_REQUEST_ID_HEADERS = ("x-rivet-ray-id", "x-request-id", "x-amzn-requestid", "x-correlation-id", "request-id")
_MAX_REQUEST_ID_CHARS = 200
"""What is longer is no name; a head has room for 64 KiB."""


_OUT_OF_TIME = {TransportKind.READ_TIMEOUT, TransportKind.READ_TIMEOUT_BODY, TransportKind.TOTAL_TIMEOUT}


class Progress:
    """How far a request got, for whoever has to explain a cancellation."""

    def __init__(self, itself: Mapping[str, str]) -> None:
        self.sent = False
        self.has_place = False
        """Whether it holds a connection of the endpoint, which is to be given back."""
        self.itself = itself
        """What ``${self:...}`` stands for, as far as it was asked for."""

    def on_sent(self) -> None:
        """Note that the server may have begun to see the request."""
        self.sent = True


class Tried(Struct, frozen=True, kw_only=True):
    """An exchange and what was asked for."""

    exchange: Exchange
    began_s: float
    url: str = ""
    sent: bool = True
    """Otherwise nobody has seen it: it has no text, or its deadline came before."""
    too_late: bool = False
    """The deadline came before it could be sent, so no report tells of it."""

    @property
    def request_id(self) -> str | None:
        """The server's own name for the request, if it gave one of a name's length."""
        headers = self.exchange.headers
        found = next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), None)
        return found if found is None or len(found) <= _MAX_REQUEST_ID_CHARS else None


class Try(Struct, frozen=True, kw_only=True):
    """What to send, and within which bounds."""

    step: Step
    scope: Scope
    begun: bool
    """Whether the registration's clock runs; otherwise it begins with this request."""
    keeps: bool
    """Whether it is about what is registered already."""
    until_s: float
    """How long to wait for a place, on the loop's clock."""
    begin: Callable[[], float]
    """Told when there is a place; returns the nearest deadline, which bounds the attempt in flight too."""
    address: Address
    """Which of the endpoint's addresses is asked."""
    asker: tuple[str, str]
    """The registration and the verb."""
    again: bool
    """Whether this repeats a request, which takes a new connection."""
    registers: bool
    """Whether the registration may stand once this is sent."""


async def try_once(context: Context, this: Try, progress: Progress) -> Tried | SentAway:
    """Send a step's request once.

    Args:
        context: of the run.
        this: what, where and until when.
        progress: told when the request goes out.

    Returns:
        What came of it; a request that cannot be rendered is a failure like others. Or why it need not be sent.
    """
    live = context.endpoints[this.step.endpoint]
    if (no_way := await _find_own_ip(context, this, progress)) is not None:
        this.begin()
        return Tried(exchange=no_way, began_s=now_s(), sent=False)
    try:
        request = _rendered(context, replace(this, scope=replace(this.scope, itself=progress.itself)), live)
    except RenderError as error:
        failure = _not_sent(TransportKind.REQUEST_INVALID, str(error))
        return Tried(exchange=failure, began_s=now_s(), sent=False)
    url = str(request.url)
    place = await live.places.take(this.until_s, begun=this.begun, keeps=this.keeps)
    if isinstance(place, SentAway):
        return place
    if not place:
        message = f"no free connection to {this.step.endpoint} before the deadline"
        return _too_late(message, url)
    progress.has_place = True
    if now_s() >= this.until_s:
        return _too_late("the deadline had passed before it was sent", url)
    until_s = this.begin()
    began_s = now_s()
    live.first_asked_s = min(live.first_asked_s, began_s)

    def on_sent() -> None:
        if this.registers:
            context.sending.begin(this.asker[0], this.scope.captures)
        progress.on_sent()

    exchange = await _send(context, request, until_s, on_sent)
    if exchange.status is not None:
        live.answered_s = now_s()
    return Tried(exchange=within_bounds(this.step, exchange, this.scope), began_s=began_s, url=url)


def _rendered(context: Context, this: Try, live: LiveEndpoint) -> Request:
    request = render_request(
        this.step,
        live.bound,
        this.address,
        this.scope,
        login=live.login or {},
        # What the server has closed by now would swallow a request that nobody may repeat.
        fresh_connection=this.again or not this.step.request.idempotent,
    )
    _learn(context, request)
    return replace(request, asker=this.asker)


def _too_late(message: str, url: str) -> Tried:
    failure = _not_sent(TransportKind.TOTAL_TIMEOUT, message)
    return Tried(exchange=failure, began_s=now_s(), url=url, sent=False, too_late=True)


async def _find_own_ip(context: Context, this: Try, progress: Progress) -> TransportFailure | None:
    """Find out what ``${self:ip}`` stands for, where a step asks for it; return why that cannot be known."""
    if "ip" in progress.itself or not context.bound.asks_own_ip or not _asks_own_ip(this.step):
        return None
    first = context.bound.registrations[this.asker[0]].register.steps[0].endpoint
    endpoint = context.bound.endpoints.get(first) or context.bound.endpoints[this.step.endpoint]
    left_s = max(0.0, min(endpoint.connect_timeout_s, this.until_s - now_s()))
    found = await context.transport.own_ip(endpoint.name, reveal(endpoint.addresses[0].url), left_s)
    if isinstance(found, TransportFailure):
        return found
    progress.itself = {**progress.itself, "ip": found}
    return None


def _asks_own_ip(step: Step) -> bool:
    """Whether a step has ``${self:ip}``; built-in classes as they come have no placeholder, and are most of a step."""
    retuned = tuple(each for each in step.built_in if each.span is not None)
    parts = (step.request, step.when, step.expect, step.captures, step.declared, retuned)
    return any(is_own_ip(each) for each, _ in references_in(parts))


async def _send(context: Context, request: Request, until_s: float, on_sent: Callable[[], None]) -> Exchange:
    endpoint = context.bound.endpoints[request.endpoint]
    left_s = until_s - now_s()
    limits = Limits(
        attempt_s=min(endpoint.attempt_timeout_s, left_s),
        connect_s=min(endpoint.connect_timeout_s, left_s),
    )
    exchange = await context.transport.send(request, limits, on_sent)
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
