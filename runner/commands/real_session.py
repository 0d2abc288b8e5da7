"""A session against real servers: what one process and init's other half have in common."""

import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from runner.adapters.files import LocalFiles
from runner.adapters.http.probe import probe
from runner.commands.real import real_ports, real_transport
from runner.config.binding.rebind import Rebinder
from runner.model.bound import BoundPlan
from runner.model.ended import Ended
from runner.model.outcome import Report
from runner.model.plan import Plan
from runner.ports import Reporter
from runner.report.prometheus import render_prometheus
from runner.session.execute import Ports
from runner.session.session import Session
from runner.session.surroundings import Surroundings


def surroundings_of(
    plan: Plan,
    reporter: Reporter,
    *,
    with_app: bool,
    undoable: bool,
    goes_on: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Surroundings:
    """Return the surroundings of a run against real servers.

    Args:
        plan: what is run.
        reporter: who listens.
        with_app: whether there is an application that the registrations are for.
        undoable: whether the plan was bound with what undoing needs.
        goes_on: whether there is something to stay for that the plan does not tell.
        environment: what binding again sees.
    """

    @asynccontextmanager
    async def connect(bound: BoundPlan) -> AsyncIterator[Ports]:
        async with real_transport(bound) as transport:
            yield real_ports(transport, reporter)

    return Surroundings(
        connect=connect,
        rebind=Rebinder(plan, environment, LocalFiles()),
        probe=probe,
        undoable=undoable,
        with_app=with_app,
        goes_on=goes_on or plan.lifecycle.listen is not None,
    )


async def run_session(
    session: Session, listener: socket.socket | None, held: Mapping[str, Ended] | None = None
) -> Report:
    """Run the whole course, with the listener that the file asks for."""
    if listener is None:
        return await session.run(held)
    from runner.adapters.http.status_listener import answering  # noqa: PLC0415 - few listen, and a server takes its time

    def metrics() -> str:
        return render_prometheus(session.report(), decided=session.decided)

    async with answering(listener, session.readiness, metrics):
        return await session.run(held)
