"""A fleet in one virtual timeline: a session of production for each container, and a model of the server for all."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from random import Random as SeededRandom

from msgspec import Struct
from msgspec.structs import replace

from runner.adapters.script import response_of
from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.transport import OWN_IP
from runner.commands.api import Silent
from runner.engine.context import now_s
from runner.language.scenario import Scenario
from runner.language.stories import ScriptedAnswer
from runner.language.terms import Cause, OutcomeState, Processed, TransportKind, VerbName
from runner.model.bound import BoundPlan
from runner.model.exchange import Exchange, Limits, Request, Response, TransportFailure
from runner.model.outcome import Outcome, Report
from runner.model.plan import Step, verbs_of
from runner.model.simulated import Member, Traffic
from runner.session.observer import Observer
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import Surroundings
from runner.simulate.server import Arrival, Served, ServerModel

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_TOLD_EVERY_S = 5.0


class Play(Struct, frozen=True, kw_only=True):
    """What is simulated."""

    bound: BoundPlan
    answers: Mapping[str, ScriptedAnswer]
    """What a healthy server answers, by step."""
    scenario: Scenario
    starts_s: Sequence[float]
    seed: int


class Simulated(Struct, frozen=True, kw_only=True):
    """What came of it."""

    members: tuple[Member, ...]
    traffic: Traffic
    lasted_s: float
    interrupted: bool


async def simulate(play: Play, tell: Callable[[str], None]) -> Simulated:
    """Let a fleet live; an interruption ends it early, with what is known by then.

    Args:
        play: what is simulated.
        tell: told now and then how far it is, where that takes long.
    """
    world = _World(play)
    containers = [_Container(play, world, number) for number in range(len(play.starts_s))]
    tasks = [asyncio.create_task(each.live()) for each in containers]
    telling = asyncio.create_task(_tell(containers, tell))
    interrupted = False
    try:
        await asyncio.wait(tasks, timeout=play.scenario.until_s)
    except asyncio.CancelledError:
        interrupted = True
    lasted_s = now_s()
    members = tuple(each.member() for each in containers)
    for each in (*tasks, telling):
        each.cancel()
    await asyncio.gather(*tasks, telling, return_exceptions=True)
    return Simulated(
        members=members,
        traffic=world.traffic(),
        lasted_s=lasted_s,
        interrupted=interrupted,
    )


async def _tell(containers: "Sequence[_Container]", tell: Callable[[str], None]) -> None:
    """Look each virtual second whether somebody has waited for long."""
    told_s = time.monotonic()
    while True:
        await asyncio.sleep(1)
        if time.monotonic() - told_s >= _TOLD_EVERY_S:
            told_s = time.monotonic()
            registered = sum(each.is_registered for each in containers)
            tell(f"simulated {now_s():.0f}s: {registered} of {len(containers)} are registered")


class _World:
    """What all containers share: the server, and what is counted of it."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._model = ServerModel(play.scenario, SeededRandom(f"{play.seed} server").random)  # noqa: S311 - as above
        self._responses = {step: response_of(each) for step, each in play.answers.items()}
        self._steps: dict[tuple[str, str], Step] = {
            (str(verb.name), step.name): step
            for registration in play.bound.registrations.values()
            for verb in verbs_of(registration)
            for step in verb.steps
        }
        self._forgotten = response_of(
            ScriptedAnswer(status=play.scenario.forgotten.status, body=play.scenario.forgotten.body)
        )
        self._per_second: Counter[int] = Counter()
        self._per_tenth: Counter[int] = Counter()
        self.by_container: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()

    def meet(self, container: int, request: Request, limits: Limits) -> Served:
        """Ask the model, and count."""
        at_s, verb = now_s(), VerbName(request.asker[1])
        step = self._steps.get((str(verb), request.step))
        served = self._model.meet(
            Arrival(
                at_s=at_s,
                container=container,
                verb=verb,
                writes=request.method not in _SAFE_METHODS and step is not None,
                idempotent=step is None or step.request.idempotent,
            )
        )
        self._per_second[int(at_s)] += 1
        self._per_tenth[int(at_s * 10)] += 1
        self.by_container[container] += 1
        self.counts["served" if served.cost else "refused"] += 1
        if served.cost and (served.status != 200 or served.is_lost or served.delay_s > limits.attempt_s):
            self.counts["wasted"] += 1
        return served

    def answer(self, request: Request, served: Served) -> Response:
        """Return what is answered: as by a healthy server, or by one in trouble."""
        if served.is_good:
            return self._responses.get(request.step, Response(status=200))
        if served.is_forgotten:
            return self._forgotten
        asked = {} if served.retry_after_s is None else {"retry-after": str(round(served.retry_after_s))}
        return Response(status=served.status or 503, headers=asked)

    def traffic(self) -> Traffic:
        """Return what was counted."""
        requests = sum(self._per_second.values())
        return Traffic(
            per_second=dict(self._per_second),
            per_tenth=dict(self._per_tenth),
            first_tries=requests - self.counts["retries"],
            retries=self.counts["retries"],
            most_of_one=max(self.by_container.values(), default=0),
            refused=self.counts["refused"],
            served=self.counts["served"],
            wasted=self.counts["wasted"],
            duplicates=self._model.duplicates,
        )


class _Way:
    """The transport of one container."""

    def __init__(self, world: _World, container: int) -> None:
        self._world = world
        self._container = container
        self._failed: set[tuple[str, str]] = set()
        """The steps whose last request came to nothing: the next one is a retry."""

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        """See ``ports.Transport``."""
        key = (request.asker[1], request.step)
        self._world.counts["retries"] += key in self._failed
        served = self._world.meet(self._container, request, limits)
        exchange = await self._exchange(request, served, limits, on_sent)
        (self._failed.discard if served.is_good else self._failed.add)(key)
        return exchange

    async def _exchange(
        self, request: Request, served: Served, limits: Limits, on_sent: Callable[[], None]
    ) -> Exchange:
        if served.status is None:
            await asyncio.sleep(min(served.delay_s, limits.connect_s))
            return _failure(TransportKind.CONNECT_REFUSED, Processed.NEVER)
        on_sent()
        await asyncio.sleep(min(served.delay_s, limits.attempt_s))
        if served.delay_s > limits.attempt_s:
            return _failure(TransportKind.READ_TIMEOUT, Processed.MAYBE)
        if served.is_lost:
            return _failure(TransportKind.DISCONNECTED_BEFORE_RESPONSE, Processed.MAYBE)
        return self._world.answer(request, served)

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str:  # noqa: ARG002 - the port's signature
        """See ``ports.Transport``; the model does not look at it."""
        return OWN_IP


def _failure(kind: TransportKind, processed: Processed) -> TransportFailure:
    return TransportFailure(kind=kind, processed=processed, message=f"simulated: {kind}")


class _Container(Observer):
    """One container: its session, and how that went."""

    def __init__(self, play: Play, world: _World, number: int) -> None:
        self._play = play
        self._world = world
        self._number = number
        self._first: Outcome | None = None
        self._ended_s: float | None = None
        self._shutdown = Shutdown()
        self._session: Session | None = None

    @property
    def is_registered(self) -> bool:
        """Whether it was registered once."""
        return self._first is not None and self._first.state.is_active

    async def live(self) -> None:
        """Start, register, and beat where the scenario lets it live."""
        await asyncio.sleep(self._play.starts_s[self._number])
        scope = replace(self._play.bound.scope, itself={"hostname": f"app-{self._number}"})
        started = asyncio.Event()
        started.set()
        lives = self._play.scenario.until_s is not None
        ports = Ports(
            transport=_Way(self._world, self._number),
            reporter=Silent(),
            clock=VirtualClock(),
            random=SeededRandom(f"{self._play.seed} {self._number}").random,  # noqa: S311 - a seeded source is the point
            instance=f"app-{self._number}-{self._play.seed}",
        )
        bound = replace(self._play.bound, scope=scope)
        around = Surroundings(
            connect=lambda _: nullcontext(ports),
            rebind=lambda *_: bound,
            undoable=True,
            app_started=started if lives else None,
        )
        self._session = Session(bound, around, self._shutdown, self)
        with suppress(asyncio.CancelledError):
            if lives:
                await self._session.run()
            else:
                self._take(await self._session.register())

    def _take(self, report: Report) -> None:
        if self._first is None or not self._first.state.is_active:
            worst = next((each for each in report.outcomes if not each.state.is_active), report.outcomes[0])
            self._first, self._ended_s = worst, now_s()

    def holds(self, held: object, undo_on: object) -> bool:  # noqa: ARG002 - the port's signature
        """See ``session.observer.Observer``; nobody takes over."""
        return False

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """See ``session.observer.Observer``."""
        self._take(report)
        if ends_app:
            self._shutdown.request(Cause.FAILURE, now_s())

    def member(self) -> Member:
        """Return how it went."""
        first = self._first
        started_s = self._play.starts_s[self._number]
        if first is None:
            return Member(started_s=started_s)
        last = first.last_failure
        return Member(
            started_s=started_s,
            ended_s=self._ended_s,
            state=first.state,
            class_name=first.class_name or (last.class_name if last and not first.state.is_active else None),
            reason=first.reason,
            lost=self._is_lost(),
        )

    def _is_lost(self) -> bool:
        if self._session is None or self._play.scenario.until_s is None or not self.is_registered:
            return False
        return any(each.state is OutcomeState.LOST for each in self._session.report().outcomes)
