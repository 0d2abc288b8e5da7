"""The ports of a run against real servers: one choice for the command and for the Python functions."""

import os
import random
import socket

from runner.adapters.clock import SystemClock
from runner.adapters.http.transport import AiohttpTransport
from runner.model.bound import BoundPlan
from runner.ports import Reporter
from runner.report.log_line import trace_id_of
from runner.session.execute import Ports


def real_transport(bound: BoundPlan) -> AiohttpTransport:
    """Return the transport to the endpoints of a plan; the trace that we are part of goes along."""
    traceparent = os.environ.get("TRACEPARENT")
    known = traceparent if trace_id_of(traceparent) else None
    return AiohttpTransport(bound.endpoints, traceparent=known)


def real_ports(transport: AiohttpTransport, reporter: Reporter) -> Ports:
    """Return the ports of a run against real servers."""
    return Ports(
        transport=transport,
        reporter=reporter,
        clock=SystemClock(),
        # Jitter spreads load and guards nothing: it needs no cryptographic randomness.
        random=random.Random().random,  # noqa: S311 - see above
        instance=socket.gethostname(),
    )
