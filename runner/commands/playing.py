"""One life of an application in virtual time: the session of production, with a scripted control plane around it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from random import Random as SeededRandom

from msgspec import Struct

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport, Sent
from runner.commands.stand_in import bind_tried
from runner.engine.context import now_s
from runner.language.expected import StateName
from runner.language.stories import SIGNAL, ScriptedTest
from runner.language.terms import Cause, VerbName
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.ended import Ended
from runner.model.event import RunEvent
from runner.model.outcome import Outcome, Report
from runner.model.plan import Plan
from runner.session.observer import Observer
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import Surroundings

_TERMINATED = 128 + 15
"""The exit status of an application that a TERM has ended, as shells have it."""


class Played(Struct, frozen=True, kw_only=True):
    """What one life was."""

    report: Report
    sent: Sequence[Sent]
    events: Sequence[RunEvent]
    first: Outcome
    """How registering ended, for the first time."""
    standing: Outcome | None
    """How it stood when the end began; none where it was not registered yet, or has no end of its own."""
    states: Mapping[float, StateName]
    """How it stood at the times that the test asks for."""
    by_chance: bool
    """Whether anything was drawn: otherwise each seed plays the same."""

    @property
    def outcome(self) -> Outcome:
        """The last word about the registration."""
        return self.report.outcomes[0]


def bind_test(plan: Plan, test: ScriptedTest) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    """Bind the registration that a test is about, alone, with the test's own variables, and what its length asks for."""
    lives = test.until_s is not None
    return bind_tried(
        plan,
        test.environment,
        test.variables,
        alone=test.registration or next(iter(plan.registrations)),
        verbs=tuple(VerbName) if lives else (VerbName.REGISTER, VerbName.VERIFY),
        with_lifecycle=lives,
        itself={"hostname": "app"},
    )


def play(bound: BoundPlan, test: ScriptedTest, seed: int) -> Played:
    """Play a test once."""
    return run_virtually(_play(bound, test, seed))


class _Chance:
    """A seeded source that knows whether it was asked."""

    def __init__(self, seed: int) -> None:
        self._draw = SeededRandom(seed).random  # noqa: S311 - a seeded source is the point
        self.was_asked = False

    def __call__(self) -> float:
        """See ``ports.Random``."""
        self.was_asked = True
        return self._draw()


class _Kept:
    """A reporter that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def on_event(self, event: RunEvent) -> None:
        """See ``ports.Reporter``."""
        self.events.append(event)


class _Application(Observer):
    """What a session is told, and what the application beside it does: it ends by itself, or because the file says so."""

    def __init__(self, bound: BoundPlan, test: ScriptedTest, shutdown: Shutdown) -> None:
        self._test = test
        self._shutdown = shutdown
        self._deregister_s = bound.plan.lifecycle.stop.deregister_s
        self.session: Session
        self.first: Outcome | None = None
        self.standing: Outcome | None = None
        self.states: dict[float, StateName] = {}

    def live(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the times that the test asks for, and end when it says so."""
        for each in self._test.then.states:
            loop.call_at(each.at_s, self._look, each.at_s)
        if self._test.until_s is not None:
            loop.call_at(self._test.until_s, self._end)

    def _look(self, at_s: float) -> None:
        if not self._shutdown.requested.is_set():
            outcomes = self.session.report().outcomes
            self.states[at_s] = StateName(outcomes[0].state) if outcomes else StateName.REGISTERING

    def _end(self) -> None:
        for each in self._test.then.states:
            if each.at_s >= now_s():
                self._look(each.at_s)
        if self._test.end == SIGNAL:
            self._request(Cause.SIGNAL, _TERMINATED)
        else:
            self._request(Cause.EXIT if self._test.end else Cause.SUCCESS, int(self._test.end))

    def _request(self, cause: Cause, app_status: int | None = None) -> None:
        if not self._shutdown.requested.is_set():
            self.standing = next(iter(self.session.report().outcomes), None)
            self._shutdown.request(cause, now_s() + self._deregister_s)
            if app_status is not None:
                self._shutdown.end(app_status)

    def holds(self, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:  # noqa: ARG002 - the port's signature
        """See ``session.observer.Observer``; nobody takes over, so the session goes on until the end."""
        return False

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """See ``session.observer.Observer``."""
        self.first = self.first or report.outcomes[0]
        if ends_app:
            self._request(Cause.FAILURE)


async def _play(bound: BoundPlan, test: ScriptedTest, seed: int) -> Played:
    transport, chance, kept = ScriptedTransport(test.given, began_s=0.0), _Chance(seed), _Kept()
    ports = Ports(
        transport=transport, reporter=kept, clock=VirtualClock(), random=chance, instance=f"app-{seed}"
    )
    shutdown = Shutdown()
    application = _Application(bound, test, shutdown)
    session = application.session = Session(bound, _around(bound, test, ports), shutdown, application)
    if test.until_s is None:
        report = await session.register()
    else:
        application.live(asyncio.get_running_loop())
        report = await session.run()
    return Played(
        report=report,
        sent=transport.sent,
        events=kept.events,
        first=application.first or report.outcomes[0],
        standing=application.standing,
        states=application.states,
        by_chance=chance.was_asked or bound.plan.lifecycle.splay_s > 0,
    )


def _around(bound: BoundPlan, test: ScriptedTest, ports: Ports) -> Surroundings:
    async def probe(*_: object) -> str | None:
        return None if now_s() >= test.ready_after_s else "the test says that it is not ready yet"

    started = asyncio.Event()
    started.set()
    return Surroundings(
        connect=lambda _: nullcontext(ports),
        rebind=lambda *_: bound,
        probe=probe,
        undoable=True,
        app_started=None if test.until_s is None else started,
    )
