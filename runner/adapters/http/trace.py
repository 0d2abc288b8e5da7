"""What aiohttp tells of a request while it is under way, as phases of an ``WireAttempt``.

The attempt travels as the request's trace context, so that one session serves any number at once. Taking a kept connection is no station: it may still turn out to
be unusable and be replaced by a new one.
"""

from types import SimpleNamespace
from typing import Any

from aiohttp import (
    ClientSession,
    TraceConfig,
    TraceDnsResolveHostEndParams,
    TraceDnsResolveHostStartParams,
    TraceRequestChunkSentParams,
)

from runner.adapters.http.attempt import WirePhase


def tracing() -> TraceConfig:
    """Return the configuration that moves the attempt in ``trace_request_ctx`` from phase to phase."""
    config = TraceConfig()
    for signal, phase in (
        (config.on_connection_create_end, WirePhase.CONNECTED),
        (config.on_request_headers_sent, WirePhase.SENT),
        (config.on_request_end, WirePhase.ANSWERING),
    ):
        signal.append(_reaching(phase))
    config.on_dns_resolvehost_start.append(_look_up_began)
    config.on_dns_resolvehost_end.append(_look_up_ended)
    config.on_request_chunk_sent.append(_chunk_sent)
    return config


async def _look_up_began(
    _session: ClientSession, context: SimpleNamespace, look_up: TraceDnsResolveHostStartParams
) -> None:
    context.trace_request_ctx.looking_up = look_up.host


async def _look_up_ended(
    _session: ClientSession, context: SimpleNamespace, _look_up: TraceDnsResolveHostEndParams
) -> None:
    context.trace_request_ctx.looking_up = None


async def _chunk_sent(
    _session: ClientSession, context: SimpleNamespace, sent: TraceRequestChunkSentParams
) -> None:
    context.trace_request_ctx.unsent_bytes -= len(sent.chunk)


def _reaching(phase: WirePhase) -> Any:
    """Return a listener for one signal; their parameters differ by signal and are not looked at."""

    async def reached(_session: ClientSession, context: SimpleNamespace, _parameters: Any) -> None:
        context.trace_request_ctx.reach(phase)

    return reached
