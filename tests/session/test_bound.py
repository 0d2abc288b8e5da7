"""What is registered is what binding gave, which may be more or less than what the file writes."""

import asyncio

from msgspec.structs import replace
from support.harness import Recorder, answers, bound_of

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.language.terms import Cause
from runner.model.outcome import Report
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import with_ports

FILE = """\
version: 1
endpoints: {plane: {url: "http://plane"}}
registrations:
  web:
    request: {method: PUT, path: /web}
    heartbeat: {every: 10s, request: {method: PUT, path: /beat}}
    deregister: {request: {method: DELETE, path: /web}}
"""


def test_the_registrations_of_the_bound_plan_are_registered_kept_and_deregistered() -> None:
    transport = ScriptedTransport(answers("[{status: 200}]"))
    ports = Ports(
        transport=transport, reporter=Recorder(), clock=VirtualClock(), random=lambda: 0.5, instance="a"
    )
    bound = bound_of(FILE)
    web = bound.registrations["web"]
    bound = replace(bound, registrations={name: replace(web, name=name) for name in ("web-1", "web-2")})
    surroundings = replace(with_ports(ports), undoable=True)

    async def course() -> Report:
        shutdown = Shutdown()
        asyncio.get_running_loop().call_at(5, shutdown.request, Cause.SIGNAL, 7.0)
        return await Session(bound, surroundings, shutdown).run()

    report = run_virtually(course())
    sent = [(each.request.asker[0], each.request.method, each.request.step) for each in transport.sent]

    assert [(each.registration, each.state) for each in report.outcomes] == [
        ("web-1", "deregistered"),
        ("web-2", "deregistered"),
    ]
    assert sorted(sent) == [
        (name, method, step)
        for name in ("web-1", "web-2")
        for method, step in [("DELETE", "deregister"), ("PUT", "heartbeat"), ("PUT", "register")]
    ]
