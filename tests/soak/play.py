"""Plays one seed: a random file against a random control plane, in virtual time."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.commands.stand_in import StandInFiles
from runner.config.binding.bind import bind
from runner.config.loader import load
from runner.language.stories import ScriptedAnswer
from runner.language.terms import Cause
from runner.model.event import RunEvent
from runner.model.exchange import Exchange, Limits, Request
from runner.model.outcome import Report
from runner.model.plan import Plan
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import with_ports

from .invariants import Seen, broken
from .world import Chance, Yaml, random_file, random_script


@dataclass(frozen=True)
class Played:
    """A run with everything that was seen of it."""

    text: str
    plan: Plan
    report: Report
    wire: tuple[Seen, ...]
    events: tuple[RunEvent, ...]

    def broken(self) -> list[str]:
        """Return the promises that it broke."""
        return list(broken(self.plan, self.report, self.wire))


@dataclass
class _Recorder:
    events: list[RunEvent] = field(default_factory=list)

    def on_event(self, event: RunEvent) -> None:
        self.events.append(event)


class _Wire:
    """The scripted transport, with a record of what came of each request."""

    def __init__(self, scripted: ScriptedTransport) -> None:
        self._scripted = scripted
        self.seen: list[Seen] = []

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str:  # noqa: ARG002 - the port's signature
        """See ``ports.Transport``."""
        return "192.0.2.1"

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        at_s = asyncio.get_running_loop().time()
        exchange: Exchange | None = None
        try:
            exchange = await self._scripted.send(request, limits, on_sent)
        finally:
            self.seen.append(Seen(at_s, request, exchange))
        return exchange


def play(seed: int) -> Played:
    """Play a seed; the same seed gives the same run to the last event."""
    chance = Chance(seed)
    document = random_file(chance)
    steps = [step["name"] for each in document["registrations"].values() for step in each["steps"]]
    steps += [
        each["verify"]["steps"][0]["name"] for each in document["registrations"].values() if "verify" in each
    ]
    steps += ["login"] if any("login" in each for each in document["endpoints"].values()) else []
    script = random_script(chance, steps)
    text = json.dumps(document)
    plan = _plan(text)
    transport = _Wire(ScriptedTransport(_script(script, steps)))
    recorder = _Recorder()
    bound, findings = bind(plan, {}, StandInFiles())
    assert bound is not None, findings
    ports = Ports(
        transport=transport,
        reporter=recorder,
        clock=VirtualClock(),
        random=Chance(seed).random,
        instance=str(seed),
    )
    interrupt_at_s = chance.uniform(0, 15) if chance.maybe(0.15) else None

    async def course() -> Report:
        shutdown = Shutdown()
        if interrupt_at_s is not None:
            asyncio.get_running_loop().call_at(interrupt_at_s, shutdown.request, Cause.SIGNAL, interrupt_at_s)
        return await Session(bound, with_ports(ports), shutdown).register()

    report = run_virtually(course())
    return Played(text, plan, report, tuple(transport.seen), tuple(recorder.events))


def _plan(text: str) -> Plan:
    loaded = load(text.encode(), "soak.enlist.yaml")
    assert loaded.plan is not None, [f"{each.span} {each.message}" for each in loaded.diagnostics]
    return loaded.plan


def _script(script: list[Yaml], steps: list[str]) -> tuple[ScriptedAnswer, ...]:
    """Read a script through the language; it is a test of a file of its own, as it names steps of several."""
    named = [{"name": step, "request": {"path": "/"}} for step in steps if step != "login"]
    document = {
        "version": 1,
        "endpoints": {"e": {"url": "http://h", "login": {"request": {"path": "/"}}}},
        "registrations": {"r": {"steps": named}},
        "tests": [{"name": "t", "given": script, "then": {"exit_status": 0}}],
    }
    return _plan(json.dumps(document)).tests[0].given
