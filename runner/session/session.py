"""The one course: wait for the application, register, keep what is registered, deregister; or a part of it.

Who started it may request its shutdown and observes what comes of it. What ends a run is undone with the file bound
again, because credentials may have changed in the meantime.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from msgspec.structs import replace

from runner.engine import events
from runner.engine.bodies import show_bodies
from runner.engine.context import Context, now_s
from runner.engine.heartbeat import Renew
from runner.engine.keeper import Keeper
from runner.engine.known import Known
from runner.language.terms import Cause
from runner.model.bound import BoundPlan
from runner.model.ended import Ended
from runner.model.event import Level
from runner.model.note import KeepsRegistered, Note, NothingUndone
from runner.model.outcome import ExitStatus, Report
from runner.model.version import VERSION
from runner.report.story import standing_of
from runner.retry.backoff import splay_s
from runner.session.observer import Observer
from runner.session.ports import context_of
from runner.session.readiness import Readiness
from runner.session.renewal import Renewal, Undoing
from runner.session.shutdown import Shutdown
from runner.session.surroundings import Surroundings
from runner.session.telling import Telling
from runner.values.secret import Redactor


class Session:
    """One run; whoever starts it says how far it goes: ``register``, ``run`` or ``deregister``, one of them and once."""

    def __init__(
        self,
        bound: BoundPlan,
        surroundings: Surroundings,
        shutdown: Shutdown | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            bound: the plan with its values.
            surroundings: where it runs.
            shutdown: by which whoever starts it ends it early.
            observer: told how it goes.
        """
        self._bound = bound
        self._lifecycle = bound.plan.lifecycle
        self._surroundings = surroundings
        self._shutdown = shutdown or Shutdown()
        self._observer = observer or Observer()
        self.known = Known(bound.registrations, self._lifecycle)
        self.telling = Telling(self._observer, self.known, self._shutdown, self.report)
        self._context: Context
        self._readiness: Readiness
        self._keeper: Keeper

    @property
    def decided(self) -> bool:
        """Whether registering has once come to an end, well or not."""
        return self.telling.status is not None

    def report(self) -> Report:
        """Return the report as of now."""
        status, requested = self.known.exit_status, self._shutdown.requested.is_set()
        undecided = self.telling.status is None and not self.known.ready
        interrupted = requested and (
            status == ExitStatus.INTERRUPTED or (undecided and self._shutdown.cause is Cause.SIGNAL)
        )
        if interrupted:
            status = self._shutdown.exit_status
        elif requested and self._surroundings.with_app and self.telling.status is not None:
            status = self.telling.status  # beside an application, a deregistration that fails changes nothing
        if self._shutdown.final_status is not None:
            status = self._shutdown.final_status
        context = self._context
        return Report(
            file=self._bound.plan.file,
            plan_sha256=self._bound.plan.sha256,
            enlist_version=VERSION,
            started_at=context.began_at,
            elapsed_s=context.elapsed_s(),
            exit_status=status,
            outcomes=show_bodies(context.redactor.mask_fields(self.known.outcomes), context.redactor),
            interrupted=interrupted,
        )

    def readiness(self) -> tuple[int, str]:
        """Return the answer to who asks over HTTP whether everything required is registered."""
        states = "".join(f"{name}: {standing_of(each)}\n" for name, each in self.known.ended.items())
        ready = self.known.ready and not self._shutdown.requested.is_set()
        return (200, states) if ready else (503, states or "registering\n")

    async def register(self) -> Report:
        """Register everything once; no heartbeat begins, and nothing is undone."""
        async with self._opened() as begin_after_s:
            if not self._shutdown.requested.is_set():
                await self._keeper.register(begin_after_s, beats=False)
        return await self._finish()

    async def run(self, held: Mapping[str, Ended] | None = None) -> Report:
        """Register everything, keep it for as long as there is something to keep, and deregister it at a shutdown.

        Args:
            held: what another process registered and this one keeps; none registers anew.
        """
        async with self._opened() as begin_after_s:
            await self._register_when_ready(held, begin_after_s)
            if not self._shutdown.requested.is_set():
                self.telling.verdict()
                await self._keep()
            await self._keeper.rest()
        self.telling.changed.flush()
        self._context.closing.end()
        if self._shutdown.requested.is_set():
            await self._undo_with_fresh_values()
        return await self._finish()

    async def deregister(self, held: Mapping[str, Ended] | None = None) -> Report:
        """Only deregister.

        Args:
            held: what another process registered, of which the cause of the shutdown asks for a part; none for
                everything that the file names, whoever registered it.
        """
        async with self._opened():
            if held is None:
                await self._undo(self._context, self.known.registrations, self._shutdown.requested)
            else:
                self._keeper.resume(held, beats=False)
                names = self.known.to_undo(self._shutdown.cause)
                await self._undo(self._context, names, self._shutdown.hurry)
        return await self._finish()

    async def _finish(self) -> Report:
        self.telling.changed.flush()
        requested = self._shutdown.requested.is_set()
        if requested and self._observer.undone(self.report()):
            await self._shutdown.over.wait()
        report = self.report()
        if self._surroundings.with_app and not requested:  # it goes on, and how it ends nobody knows
            return report
        self._context.tell(events.run_finished(self._context.elapsed_s(), report.exit_status))
        return report

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[float]:
        """Begin the run; gives the seconds after which it may send something."""
        async with self._surroundings.connect(self._bound) as ports:
            self._context = context_of(self._bound, ports)
            self.telling.begin(self._context.sending)
            self._readiness = Readiness(self._context, self._surroundings)
            self._keeper = Keeper(
                self._context,
                self.known,
                renew=Renewal(self._bound, self._surroundings.rebind),
                changed=self.telling.changed,
                progressed=self.telling.progressed,
                refreshed=self.telling.refreshed,
                await_ready=self._readiness.wait,
                again=self._surroundings.retry_requested,
            )
            self._shutdown.on_request = self._interrupt
            yield splay_s(self._lifecycle.splay_s, ports.instance)

    async def _register_when_ready(self, held: Mapping[str, Ended] | None, begin_after_s: float) -> None:
        if held:
            self._readiness.was_seen = True
            if missing := self._keeper.resume(held):
                await self._keeper.register(names=missing)
            return
        problem = await self._shutdown.unless_requested(self._readiness.wait())
        if self._shutdown.requested.is_set():
            return
        if problem is not None:
            self._keeper.fail(problem)
        else:
            await self._keeper.register(begin_after_s)

    def _interrupt(self) -> None:
        """End what is under way; what the control plane may be working at is awaited before it is undone."""
        self._context.closing.begin(self._shutdown.until_s, self._shutdown.hurry)
        if self.telling.status is None and self.known.ready:  # registered, and nobody has been told yet
            self.telling.status = self.known.exit_status
        self._keeper.interrupt(self._shutdown.exit_status)

    async def _keep(self) -> None:
        keeper, requested, with_app = self._keeper, self._shutdown.requested, self._surroundings.with_app
        if keeper.keeps and not (self.known.must_end or with_app):
            self._tell(KeepsRegistered())
        while (
            not self.known.must_end
            and await self._shutdown.unless_requested(keeper.keep())
            and not requested.is_set()
        ):
            self.telling.verdict()
            if self.known.must_end and not with_app:
                self._shutdown.request(Cause.FAILURE, now_s() + self._lifecycle.stop.deregister_s)
        waits = (
            with_app if self.known.must_end else self._surroundings.goes_on or not self.telling.handed_over
        )
        if waits:
            await requested.wait()

    async def _undo_with_fresh_values(self) -> None:
        """Deregister what the cause of the shutdown asks for."""
        names = self.known.to_undo(self._shutdown.cause)
        if not names:
            return
        last = self._bound if self._surroundings.undoable else None
        registrations = [self.known.registrations[name] for name in names]
        undoing = Undoing(self._bound, self._surroundings.rebind, registrations, last)
        if (fresh := undoing.bound) is None:
            self._tell(NothingUndone(), level=Level.WARNING)
            return
        async with self._surroundings.connect(fresh) as ports:
            context = replace(
                context_of(fresh, ports),
                redactor=_knowing(self._context.redactor, fresh),
                began_s=self._context.began_s,
                closing=self._context.closing,
            )
            await self._undo(context, names, self._shutdown.hurry, undoing)

    async def _undo(
        self, context: Context, names: Collection[str], cut_short: asyncio.Event, renew: Renew | None = None
    ) -> None:
        undoing = asyncio.create_task(self._keeper.undo(context, names, self._shutdown.until_s, renew))
        hurry = asyncio.create_task(cut_short.wait())
        await asyncio.wait({undoing, hurry}, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not undoing.done():
            self._keeper.interrupt(self._shutdown.exit_status)
        await undoing

    def _tell(self, what: Note, *, level: Level = Level.INFO) -> None:
        self._context.tell(events.note(what, self._context.elapsed_s(), level=level))


def _knowing(redactor: Redactor, bound: BoundPlan) -> Redactor:
    redactor.hold("bound again", bound.secrets)
    return redactor
