"""A session against real servers: one choice for the commands, the Python functions and the gate."""

import asyncio
import os
import random
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from runner.adapters.clock import SystemClock
from runner.adapters.files import LocalFiles
from runner.adapters.http import library  # noqa: F401 - before what imports aiohttp
from runner.adapters.http.probe import probe
from runner.adapters.http.transport import AiohttpTransport
from runner.config.binding.rebind import Rebinder
from runner.engine.context import now_s
from runner.language.terms import Cause
from runner.model.bound import BoundPlan
from runner.model.ended import Ended
from runner.model.outcome import Report
from runner.model.plan import Plan
from runner.ports import Reporter
from runner.report.log_line import trace_id_of
from runner.report.prometheus import render_prometheus
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import Surroundings
from runner.values.secret import Redactor


def surroundings_of(
    plan: Plan,
    reporter: Reporter,
    *,
    undoable: bool = False,
    app_started: asyncio.Event | None = None,
    goes_on: bool = False,
    environment: Mapping[str, str] = os.environ,
    redactor: Redactor | None = None,
) -> Surroundings:
    """Return the surroundings of a run against real servers; the trace that we are part of goes along.

    Args:
        plan: what is run.
        reporter: told of each event.
        undoable: whether the plan was bound with what undoing needs.
        app_started: set once the application runs that the registrations are for.
        goes_on: whether the run goes on for something that the plan does not tell.
        environment: what binding again sees.
        redactor: learns what is secret, where others than the reporter need to know.
    """
    traceparent = os.environ.get("TRACEPARENT")
    redactor = redactor or Redactor()
    known = traceparent if trace_id_of(traceparent) else None

    @asynccontextmanager
    async def connect(bound: BoundPlan) -> AsyncIterator[Ports]:
        async with AiohttpTransport(bound.endpoints, traceparent=known) as transport:
            yield Ports(
                transport=transport,
                reporter=reporter,
                clock=SystemClock(),
                # Jitter spreads load and guards nothing: it needs no cryptographic randomness.
                random=random.Random().random,  # noqa: S311 - see above
                instance=socket.gethostname(),
                redactor=redactor,
            )

    return Surroundings(
        connect=connect,
        rebind=Rebinder(plan, environment, LocalFiles()),
        probe=probe,
        undoable=undoable,
        app_started=app_started,
        goes_on=goes_on or plan.lifecycle.listen is not None,
    )


async def run_and_answer(
    session: Session, listener: socket.socket | None, held: Mapping[str, Ended] | None = None
) -> Report:
    """Run the whole course, with the listener that the file asks for."""
    if listener is None:
        return await session.run(held)
    from runner.adapters.http.status_listener import answering  # noqa: PLC0415 - few listen, and a server takes its time

    async def metrics() -> str:
        return await asyncio.to_thread(render_prometheus, session.report(), decided=session.decided)

    async with answering(listener, session.readiness, metrics):
        return await session.run(held)


def shut_down_on_signals(shutdown: Shutdown, within_s: float = 0.0) -> None:
    """Take the signals that end a run, and let in those that the start-up line has kept waiting until now.

    Args:
        shutdown: of the run.
        within_s: how long deregistering may take.
    """

    def request(number: int) -> None:
        shutdown.request(Cause.SIGNAL, now_s() + within_s, 128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, request, number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
