"""A gate whose control plane plays a script, in virtual time; nothing else of it is replaced."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from support.harness import NoFiles, Recorder, answers, plan_of

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.transport import ScriptedTransport
from runner.config.binding.bind import bind
from runner.gate import Gate, _GateObserver
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.exchange import Exchange, Limits, Request
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.surroundings import Surroundings

FILE = """\
version: 1
endpoints: {plane: {url: "http://plane"}}
retry_policies: {default: {attempts: 1, deadline: 30s}}
registrations:
  web:
    request: {method: PUT, path: /services/web}
    deregister: {request: {method: DELETE, path: /services/web}}
"""
BEATING = f"{FILE}    heartbeat: {{every: 10s, request: {{method: PUT, path: /beat}}}}\n"
TWO = f"""{FILE}  db:
    request: {{method: PUT, path: /services/db}}
    deregister: {{request: {{method: DELETE, path: /services/db}}}}
"""
PROMPT = "[{status: 200}]"
SLOW = "[{status: 200, latency: 3s}]"


class _SlowToCancel(ScriptedTransport):
    """Takes a few turns of the loop to end a request, as closing a real connection does."""

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        try:
            return await super().send(request, limits, on_sent)
        except asyncio.CancelledError:
            for _ in range(20):
                await asyncio.sleep(0)
            raise


class ScriptedGate(Gate):
    """See the module."""

    def __init__(
        self, text: str = FILE, given: str = PROMPT, environment: Mapping[str, str] | None = None
    ) -> None:
        self.heard = Recorder()
        self.environment = dict(environment or {})
        self.transport = _SlowToCancel(answers(given))
        self.connections = 0
        super().__init__(plan_of(text), environment=self.environment, reporter=self.heard)

    @property
    def sent(self) -> Sequence[tuple[float, str]]:
        """When which step was sent, in seconds since the loop began."""
        return [(round(each.at_s, 3), each.request.step) for each in self.transport.sent]

    @property
    def steps(self) -> list[str]:
        """Which steps were sent."""
        return [step for _, step in self.sent]

    def _open(self) -> Session:
        def bound() -> BoundPlan:
            found, findings = bind(self._plan, self.environment, NoFiles(), verbs=tuple(VerbName))
            assert found is not None, findings
            return found

        @asynccontextmanager
        async def connect(_: BoundPlan) -> AsyncIterator[Ports]:
            self.connections += 1
            try:
                yield Ports(
                    transport=self.transport,
                    reporter=self.heard,
                    clock=VirtualClock(),
                    random=random.Random(0).random,
                )
            finally:
                self.connections -= 1

        async def probe(*_: object) -> str:
            raise AssertionError("a gate waits for nobody's readiness")

        world = Surroundings(
            connect=connect,
            rebind=lambda *_: bound(),
            probe=probe,
            undoable=True,
            retry_requested=self._again,
            goes_on=True,
        )
        return Session(bound(), world, self._shutdown, _GateObserver(self._heard))
