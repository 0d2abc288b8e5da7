"""The course of a run: wait for the application, register, keep what is registered, deregister.

Who started it requests its shutdown (init over a pipe, signals, a host program) and observes what comes of it; the
course is the same for all. Deregistering binds the file again, because credentials may have changed in the meantime.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any

from msgspec.structs import replace

from runner.engine import story
from runner.engine.context import Context, now_s
from runner.engine.keeper import Keeper
from runner.language.lifecycle import RegisterAt
from runner.language.terms import Cause, VerbName
from runner.model.bound import BoundPlan
from runner.model.ended import Ended
from runner.model.event import Level
from runner.model.outcome import ExitStatus, Report
from runner.retry.backoff import splay_s
from runner.session.coalesced import Coalesced
from runner.session.execute import Ports, context_of, report_of
from runner.session.handover import Handover
from runner.session.readiness import look_until_ready
from runner.session.surroundings import KEPT_VERBS, Observer, Shutdown, Surroundings
from runner.values.secret import Redactor
from runner.values.template import render_text

_REFRESHED_EVERY_S = 5.0
_FEW = 50
_SECONDS_FOR_EACH = 0.0002


class Session:
    """One run."""

    def __init__(
        self, bound: BoundPlan, surroundings: Surroundings, shutdown: Shutdown, observer: Observer
    ) -> None:
        self._bound = bound
        self._lifecycle = bound.plan.lifecycle
        self._surroundings = surroundings
        self._shutdown = shutdown
        self._observer = observer
        self.handover = Handover(observer, bound.registrations)
        self._told_status: int | None = None
        self.was_shut_down = False
        """Whether the end came with a shutdown request, which was followed; one that comes later finds nobody."""
        self._handed_over = True
        self._latest: dict[str | None, BoundPlan] = {}
        """The last good values, by registration; none is for all of them together."""
        self._was_ready = False
        """Whether the application has been seen ready, by this process or by the one that it takes over from."""
        self._stale: set[str | None] = set()
        """The registrations whose values could not be read again when they were last needed."""
        self._changed = Coalesced(self._tell_change, self._least_gap_s)
        self._refresh_s = 0.0
        """When the observer is told of beats again."""
        self._context: Context
        self._keeper: Keeper

    @property
    def deregister_s(self) -> float:
        """How long the file gives deregistering."""
        return self._lifecycle.stop.deregister_s

    @property
    def decided(self) -> bool:
        """Whether registering has once come to an end, well or not."""
        return self._told_status is not None

    def report(self) -> Report:
        """Return the report as of now."""
        status, requested = self._keeper.exit_status, self._shutdown.requested.is_set()
        undecided = self._told_status is None and not self._keeper.ready
        interrupted = requested and (
            status == ExitStatus.INTERRUPTED or (undecided and self._shutdown.cause is Cause.SIGNAL)
        )
        if interrupted:
            status = self._shutdown.exit_status
        elif requested and self._surroundings.with_app and self._told_status is not None:
            status = self._told_status  # beside an application, a deregistration that fails changes nothing
        if self._shutdown.final_status is not None:
            status = self._shutdown.final_status
        return report_of(self._context, self._keeper.outcomes, status, interrupted=interrupted)

    def readiness(self) -> tuple[int, str]:
        """Return the answer to who asks over HTTP whether everything required is registered."""
        states = "".join(f"{name}: {each.in_words}\n" for name, each in self._keeper.ended.items())
        ready = self._keeper.ready and not self._shutdown.requested.is_set()
        return (200, states) if ready else (503, states or "registering\n")

    async def run(self, held: Mapping[str, Ended] | None = None) -> Report:
        """Run the whole course.

        Args:
            held: what another process registered and this one keeps; none registers anew.

        Returns:
            The report of the whole.
        """
        async with self._surroundings.connect(self._bound) as ports:
            self._begin(ports)
            await self._register(held, splay_s(self._lifecycle.splay_s, ports.instance))
            if not self._shutdown.requested.is_set():
                self._tell_verdict()
                await self._keep()
            await self._keeper.rest()
        await self._deregister()
        return await self._finish()

    async def _finish(self) -> Report:
        self._changed.flush()
        requested = self._shutdown.requested.is_set()
        if requested and self._observer.undone(self.report()):
            await self._shutdown.over.wait()
        report = self.report()
        if self._surroundings.with_app and not requested:  # it goes on, and how it ends nobody knows
            return report
        self._context.tell(story.run_finished(self._context.elapsed_s(), report.exit_status))
        return report

    def _begin(self, ports: Ports) -> None:
        self._context = context_of(self._bound, ports)
        self._context.sending.tell = self.handover.begin
        again = self._shutdown.again
        self._keeper = Keeper(
            self._context,
            renew=self._renewed,
            changed=self._changed,
            refreshed=self._refreshed,
            await_ready=self._await_ready,
            again=again,
        )

    async def _register(self, held: Mapping[str, Ended] | None, begin_after_s: float) -> None:
        self._shutdown.on_request = self._interrupt
        if held:
            self._was_ready = True
            if missing := self._keeper.resume(held):
                await self._keeper.register(names=missing)
            return
        problem = await self._unless_shutdown(self._await_ready())
        if self._shutdown.requested.is_set():
            return
        if problem is not None:
            self._keeper.fail(problem)
        else:
            await self._keeper.register(begin_after_s)

    def _interrupt(self) -> None:
        """End what is under way; what the control plane may be working at is awaited before it is undone."""
        self._context.closing.begin(self._shutdown.until_s, self._shutdown.hurry)
        self._keeper.interrupt(self._shutdown.exit_status)

    async def _await_ready(self) -> str | None:
        """Wait until the application has once been ready; return why not, where it does not become so in time."""
        ready = self._lifecycle.ready
        asked_for = self._lifecycle.register is RegisterAt.WHEN_READY and self._waits_for_app()
        if ready is None or not asked_for or self._was_ready:
            return None
        if self._surroundings.with_app:  # otherwise somebody else starts it
            await self._shutdown.started.wait()
        target = tuple(str(render_text(each, self._bound.scope)) for each in ready.target)
        problem = await look_until_ready(ready, target, self._surroundings.probe, self._tell)
        self._was_ready = problem is None
        return problem

    def _waits_for_app(self) -> bool:
        """A run that registers and ends, as an init container does, has no application to wait for."""
        heartbeats = any(each.heartbeat is not None for each in self._keeper.registrations.values())
        return self._surroundings.with_app or self._surroundings.goes_on or heartbeats

    async def _keep(self) -> None:
        keeper, requested, with_app = self._keeper, self._shutdown.requested, self._surroundings.with_app
        if keeper.keeps and not (keeper.must_end or with_app):
            self._tell("keeps what is registered until it is told to stop")
        while not keeper.must_end and await self._unless_shutdown(keeper.stay()) and not requested.is_set():
            self._tell_verdict()
            if keeper.must_end and not with_app:
                self._shutdown.request(Cause.FAILURE, now_s() + self._lifecycle.stop.deregister_s)
        waits = with_app if keeper.must_end else self._surroundings.goes_on or not self._handed_over
        if waits:
            await requested.wait()

    async def _deregister(self) -> None:
        """Undo what the cause asks for, with fresh values; nothing without a cause."""
        self._changed.flush()
        self.was_shut_down = self._shutdown.requested.is_set()
        self._context.closing.end()
        if not self.was_shut_down or not self._keeper.to_undo(self._shutdown.cause):
            return
        fresh = self._surroundings.rebind((VerbName.DEREGISTER,)) or (
            self._bound if self._surroundings.undoable else None
        )
        if fresh is None:
            self._tell("nothing is undone, because that needs values that are not there", level=Level.WARNING)
            return
        async with self._surroundings.connect(fresh) as ports:
            context = replace(
                context_of(fresh, ports),
                redactor=_knowing(self._context.redactor, fresh),
                began_s=self._context.began_s,
                closing=self._context.closing,
            )
            undoing = asyncio.create_task(
                self._keeper.undo(context, self._shutdown.cause, self._shutdown.until_s)
            )
            hurry = asyncio.create_task(self._shutdown.hurry.wait())
            await asyncio.wait({undoing, hurry}, return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
            if not undoing.done():
                self._keeper.interrupt(self._shutdown.exit_status)
            await undoing

    async def undo(self, held: Mapping[str, Ended]) -> Report:
        """Only deregister what another process registered."""
        async with self._surroundings.connect(self._bound) as ports:
            self._begin(ports)
            self._keeper.resume(held, beats=False)
        await self._deregister()
        return await self._finish()

    async def _unless_shutdown(self, work: Coroutine[Any, Any, Any] | Awaitable[Any]) -> Any:
        """Return what comes of something, or nothing where the request to shut down comes first."""
        task = asyncio.ensure_future(work)
        requested = asyncio.create_task(self._shutdown.requested.wait())
        try:
            await asyncio.wait({task, requested}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for each in (task, requested):
                each.cancel()
            await asyncio.wait({task, requested})

    def _renewed(self, context: Context, registration: str | None) -> Context:
        """Return the context with the values of now for a registration, or for all; where that fails, the last ones."""
        fresh = self._surroundings.rebind(KEPT_VERBS, registration)
        before = self._latest.get(registration)
        if fresh is not None and fresh is not before:
            context.redactor.hold(("bound again", registration), fresh.secrets)
            self._latest[registration] = before = fresh
        if fresh is None and not self._stale:
            text = "the file's values cannot be read again; the last ones are used until they can"
            self._tell(text, level=Level.WARNING)
        (self._stale.add if fresh is None else self._stale.discard)(registration)
        return replace(
            context,
            bound=replace(
                before or self._bound, plan=self._bound.plan, registrations=self._bound.registrations
            ),
        )

    def _states(self) -> Mapping[str, str]:
        return {name: each.in_words for name, each in self._keeper.ended.items()}

    def _refreshed(self) -> None:
        """Tell of the beats, but seldom: of many registrations one has always just beaten."""
        if now_s() >= self._refresh_s:
            self._refresh_s = now_s() + _REFRESHED_EVERY_S
            self._observer.refreshed(self._states(), ready=self._keeper.ready)

    def _least_gap_s(self) -> float:
        """A change is told with the states of all: for a few at once, for thousands a few times a second."""
        return _SECONDS_FOR_EACH * max(0, len(self._keeper.ended) - _FEW)

    def _tell_change(self) -> None:
        self._observer.changed(self._states(), ready=self._keeper.ready)
        held = {name: each for name, each in self._keeper.ended.items() if each.must_be_handed_over}
        undo_on = [cause for cause in Cause if self._keeper.to_undo(cause)]
        self._handed_over = self._observer.holds(held, undo_on)
        if self._handed_over:
            self.handover.settle(self._context.sending.names)
        if self._told_status and self._keeper.ready and not self._shutdown.requested.is_set():
            self._tell_verdict()

    def _tell_verdict(self) -> None:
        self._changed.flush()
        report = self.report()
        self._told_status = report.exit_status
        self._observer.verdict(report, ends_app=self._keeper.must_end)

    def _tell(self, text: str, *, level: Level = Level.INFO) -> None:
        self._context.tell(story.note(text, self._context.elapsed_s(), level=level))


def _knowing(redactor: Redactor, bound: BoundPlan) -> Redactor:
    redactor.hold("bound again", bound.secrets)
    return redactor
