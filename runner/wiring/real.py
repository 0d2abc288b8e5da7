"""The real world as ports: one choice for the command and for the Python functions."""

import random
import socket

from runner.adapters.clock import SystemClock
from runner.adapters.http.transport import AiohttpTransport
from runner.app.execute import Ports
from runner.ports import Reporter


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
