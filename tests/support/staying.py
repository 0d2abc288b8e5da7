"""A run that stays, in virtual time against a script: shutdown come when a test says, and all that is told is kept."""

import asyncio
import math
import random
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from support.harness import NoFiles, Recorder, answers, plan_of

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport, Sent
from runner.config.binding.bind import bind
from runner.config.binding.rebind import part_of
from runner.engine.context import now_s
from runner.language.lifecycle import Ready
from runner.language.span import Span
from runner.language.terms import Cause, OutcomeState, VerbName
from runner.model.bound import NO_CAPTURES, BoundPlan, Captures
from runner.model.ended import Ended
from runner.model.event import RunEvent
from runner.model.outcome import Outcome, Report
from runner.ports import Files
from runner.report.story import message_of
from runner.session.observer import Observer
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.session.surroundings import Surroundings

HOUR_S = 3600.0


@dataclass
class Told(Observer):
    """An observer that keeps what it hears, and when."""

    states: list[tuple[float, Mapping[str, str], bool]] = field(default_factory=list)
    refreshes: list[tuple[float, Mapping[str, str], bool]] = field(default_factory=list)
    verdicts: list[tuple[float, Report]] = field(default_factory=list)
    ends_app: list[bool] = field(default_factory=list)
    under_way: list[tuple[float, str, Collection[Cause] | None]] = field(default_factory=list)
    held: list[tuple[Mapping[str, Ended], Collection[Cause]]] = field(default_factory=list)
    undone_with: list[tuple[float, Report]] = field(default_factory=list)
    awaits_status: bool = False
    captures_under_way: list[Captures] = field(default_factory=list)

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """See ``session.observer.Observer``."""
        self.states.append((now_s(), states, ready))

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """See ``session.observer.Observer``."""
        self.refreshes.append((now_s(), states, ready))

    def holds(self, held: Mapping[str, Ended], undo_on: Collection[Cause]) -> bool:
        """See ``session.observer.Observer``."""
        self.held.append((held, undo_on))
        return True

    def sends(self, name: str, undo_on: Collection[Cause], captures: Captures) -> None:
        """See ``session.observer.Observer``."""
        self.captures_under_way.append(captures)
        self.under_way.append((now_s(), name, undo_on))

    def settled(self, name: str) -> None:
        """See ``session.observer.Observer``."""
        self.under_way.append((now_s(), name, None))

    def verdict(self, report: Report, *, ends_app: bool) -> None:
        """See ``session.observer.Observer``."""
        self.verdicts.append((now_s(), report))
        self.ends_app.append(ends_app)

    def undone(self, report: Report) -> bool:
        """See ``session.observer.Observer``."""
        self.undone_with.append((now_s(), report))
        return self.awaits_status


@dataclass(frozen=True)
class Stayed:
    """What a run that stayed did."""

    report: Report
    sent: Sequence[Sent]
    events: Sequence[RunEvent]
    told: Told
    ended_s: float

    @property
    def outcome(self) -> Outcome:
        """The outcome of the only registration."""
        (outcome,) = self.report.outcomes
        return outcome

    def steps(self) -> list[str]:
        """The steps that were sent, in order."""
        return [each.request.step for each in self.sent]

    def times_s(self, step: str) -> list[float]:
        """When a step was sent."""
        return [each.at_s for each in self.sent if each.request.step == step]

    def notes(self) -> str:
        """All messages of events, as lines."""
        return "\n".join(message_of(each) for each in self.events)


def handed_over(held: Mapping[str, Captures | Ended] | None) -> Mapping[str, Ended]:
    """Return what an earlier process registered as that would hand it over."""
    return {
        name: each if isinstance(each, Ended) else registered(name, each)
        for name, each in (held or {}).items()
    }


def registered(name: str, captures: Captures = NO_CAPTURES) -> Ended:
    """Return what a process has registered."""
    outcome = Outcome(
        registration=name, state=OutcomeState.REGISTERED, required=True, span=Span("", 1, 1, 1, 1)
    )
    return Ended(outcome=outcome, captures=captures, leaves_traces=True)


def stay(
    text: str,
    given: str,
    *,
    leave_at_s: float = HOUR_S,
    cause: Cause = Cause.SIGNAL,
    within_s: float = 2.0,
    hurry_at_s: float | None = None,
    signal_status: int = 130,
    final_status: int | None = None,
    over_at_s: float | None = None,
    started_at_s: float = 0.0,
    ready_at_s: float = 0.0,
    ready_until_s: float = math.inf,
    with_app: bool = True,
    held: Mapping[str, Captures | Ended] | None = None,
    undo_only: bool = False,
    environment: Callable[[], Mapping[str, str]] = dict,
    files: Files | None = None,
) -> Stayed:
    """Run a file that stays.

    Args:
        text: the file.
        given: the script, as YAML.
        leave_at_s: when it is told to leave.
        cause: why.
        within_s: how long the goodbye may take.
        hurry_at_s: when it is told a second time, by a signal.
        signal_status: the exit status that the signal asks for.
        final_status: the exit status of the whole, where somebody else decides it.
        over_at_s: when that is known; where there is such a moment it is waited for.
        started_at_s: when the application has been started.
        ready_at_s: when the application is ready.
        ready_until_s: when it is so no longer.
        with_app: whether there is one.
        held: what an earlier process registered, by what that captured or with how it ended.
        undo_only: only say goodbye to that.
        environment: what the variables are at each binding.
        files: what ``${file:...}`` sees at each binding.
    """
    plan, transport, recorder = plan_of(text), ScriptedTransport(answers(given)), Recorder()
    told = Told(awaits_status=over_at_s is not None)

    @asynccontextmanager
    async def connect(_: BoundPlan) -> AsyncIterator[Ports]:
        chance = random.Random(0).random
        yield Ports(transport=transport, reporter=recorder, clock=VirtualClock(), random=chance)

    def rebind(verbs: Collection[VerbName], registration: str) -> BoundPlan | None:
        return bind(part_of(plan, registration), environment(), files or NoFiles(), verbs=verbs)[0]

    async def probe(ready: Ready, _: Sequence[str], __: float) -> str | None:
        return None if ready_at_s <= now_s() < ready_until_s else f"{ready.kind} says no"

    bound = bind(plan, environment(), files or NoFiles(), verbs=tuple(VerbName), with_lifecycle=True)[0]
    assert bound is not None
    app_started = asyncio.Event()
    surroundings = Surroundings(
        connect=connect,
        rebind=rebind,
        probe=probe,
        undoable=True,
        app_started=app_started if with_app else None,
    )

    async def course() -> tuple[Report, float]:
        shutdown, loop = Shutdown(), asyncio.get_running_loop()
        loop.call_later(started_at_s, app_started.set)
        if final_status is not None:
            loop.call_at(over_at_s or leave_at_s, shutdown.end, final_status)
        loop.call_at(leave_at_s, shutdown.request, cause, leave_at_s + within_s, signal_status)
        if hurry_at_s is not None:
            loop.call_at(hurry_at_s, shutdown.request, Cause.SIGNAL, 0.0, signal_status)
        run = Session(bound, surroundings, shutdown, told)
        if undo_only:
            shutdown.request(cause, within_s)
            return await run.deregister(handed_over(held)), now_s()
        return await run.run(handed_over(held)), now_s()

    report, ended_s = run_virtually(course())
    return Stayed(report, transport.sent, recorder.events, told, ended_s)
