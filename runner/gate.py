"""Registration inside a Python service: it serves what it may while it registers, and deregisters when it ends.

The course is that of ``enlist run`` (``session.session``); here the host decides: whoever calls ``ready``, the
requests that come, and ``close``. Signals and logging are the host's own and are left alone.
"""

import asyncio
import math
import os
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from runner.engine.context import now_s
from runner.language.lifecycle import OnFailure, RegisterAt
from runner.language.terms import Cause, VerbName
from runner.model.outcome import ExitStatus, Report
from runner.model.plan import Plan
from runner.ports import Reporter
from runner.report.summary import ADVICE, render_cause
from runner.session.observer import Observer
from runner.session.session import Session
from runner.session.shutdown import Shutdown

if TYPE_CHECKING:  # a host that uses the one need not load the other
    from runner.adapters.asgi import App
    from runner.adapters.http.gate_middleware import Middleware

_LONGEST_RETRY_AFTER_S = 3600.0


class NotRegistered(Exception):
    """What the plan requires is not registered: the cause, its place in the YAML, and whether restarting helps.

    Attributes:
        report: how each registration ended; none when nothing was tried.
    """

    def __init__(self, message: str, report: Report | None) -> None:
        super().__init__(message)
        self.report = report


class Gate:
    """Keeps one process registered, and its service closed to requests until it is.

        async with Gate(runner.load("enlist.yaml")) as gate:
            ...  # serve, with gate.aiohttp_middleware() or gate.asgi(app)

    Entering the context begins to register in the background; leaving it deregisters. While it is open
    the file's heartbeats go on, and what the control plane has forgotten is registered again.

    Of the file's ``lifecycle``, ``splay``, ``retry_later`` and ``stop.deregister`` hold. The rest is about an
    application that ``enlist`` starts: ``ready`` is not waited for (the host decides when to enter), a failure
    never ends the host, and nothing is listened on. Without ``retry_later``, what has failed is tried again when
    ``ready`` is called or a request comes: a service that gets neither should set it.

    A gate belongs to one event loop and lives once: it does not open again after ``close``.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        environment: Mapping[str, str] | None = None,
        reporter: Reporter | None = None,
        retry_after_s: float = 5.0,
    ) -> None:
        """Prepare a gate; nothing is read, sent or started yet.

        Args:
            plan: from ``load``.
            environment: what variables are read from; the process's own by default.
            reporter: told of each event as it happens; nobody by default.
            retry_after_s: for so many seconds a failure that restarting does not mend is an answer to ``ready``;
                requests, which may be many, begin a new try only that long after any failure.
        """
        self._plan = _for_a_host(plan)
        self._environment = os.environ if environment is None else environment
        self._reporter = reporter
        self._retry_after_s = retry_after_s
        self._shutdown = Shutdown()
        self._again = asyncio.Event()
        self._session: Session
        self._course: asyncio.Task[Report] | None = None
        self._attempt: asyncio.Future[Report]
        """How the try that is under way ends, or the last one ended."""
        self._report: Report | None = None
        self._ready = False
        self._not_before_s = self._requests_not_before_s = -math.inf

    @property
    def is_ready(self) -> bool:
        """Whether everything required is registered now, and the gate is not closed."""
        return self._ready

    def report(self) -> Report | None:
        """Return the report as of the last time a registration became or ceased to be active; none before that."""
        return self._report

    async def ready(self) -> Report:
        """Wait until everything required is registered; whoever calls shares one registration.

        A caller that is cancelled takes nothing from the others. What has failed is tried again by the next
        call, but for a failure that restarting does not mend not within ``retry_after_s``, and never before the
        time that a server asked for. What may have taken effect and must not be sent twice is looked for with
        ``verify``; without one it stays unknown, however often ``ready`` is called. Where a heartbeat goes on, its next beat is that try.

        Returns:
            The report; at once while everything is registered.

        Raises:
            NotRegistered: to all who wait, when the try that is under way fails, or the gate is closed.
            InvalidFile: when the environment does not give what the file needs, or the file asks for something
                that this version cannot do.
        """
        course = self._begin()
        attempt = self._ask(self._not_before_s)
        await asyncio.wait({attempt, course}, return_when=asyncio.FIRST_COMPLETED)
        if not attempt.done():
            if not course.cancelled():
                course.result()
            raise self._closed()
        report = attempt.result()
        if report.exit_status == ExitStatus.OK:
            return report
        advice = ADVICE.get(report.exit_status, "")
        raise NotRegistered("; ".join(filter(None, [render_cause(report), advice])), report)

    async def close(self) -> None:
        """End a registration under way, and deregister what ``deregister.when`` has undone on exit.

        It takes ``lifecycle.stop.deregister`` at most. Whoever is cancelled here leaves deregistering going on.
        """
        await self._shut_down(Cause.SUCCESS)

    async def _shut_down(self, cause: Cause) -> None:
        if not self._shutdown.requested.is_set():
            self._shutdown.request(cause, now_s() + self._plan.lifecycle.stop.deregister_s)
        self._ready = False
        if self._course is not None:
            await asyncio.wait({self._course})
            if not self._course.cancelled():
                self._course.result()

    async def __aenter__(self) -> Self:
        self._begin()
        return self

    async def __aexit__(
        self,
        error: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._shut_down(Cause.SUCCESS if error is None else Cause.EXIT)

    def aiohttp_middleware(self, exempt: Collection[str] = ("/healthz",)) -> "Middleware":
        """Return a middleware that answers 503 with Retry-After until everything required is registered.

        Requests never wait here. The first one begins to register where nothing has.

        Args:
            exempt: paths, in full, that are let in all the same: health checks, and what a control plane asks for
                while it registers us.
        """
        from runner.adapters.http.gate_middleware import middleware  # noqa: PLC0415 - see TYPE_CHECKING

        return middleware(lambda path: self._refuse(path, exempt))

    def asgi(self, app: "App", exempt: Collection[str] = ("/healthz",)) -> "App":
        """Return the application behind the gate: 503 with Retry-After, and close code 1013 for websockets.

        The lifespan passes through and carries the gate: it begins to register once the application has started,
        and deregisters before the application is shut down. A file that cannot be bound fails the startup. An
        application without a lifespan needs ``async with gate``, or nothing is deregistered.

        Args:
            app: any ASGI application.
            exempt: see ``aiohttp_middleware``.
        """
        from runner.adapters.asgi import gated  # noqa: PLC0415 - see TYPE_CHECKING

        return gated(app, lambda path: self._refuse(path, exempt), begin=self.__aenter__, end=self.close)

    def _refuse(self, path: str, exempt: Collection[str]) -> int | None:
        """Return after how many seconds a client may come again, or nothing where it is let in."""
        if self._ready or path in exempt:
            return None
        if not self._shutdown.requested.is_set():
            course = self._begin()
            if course.done():
                course.result()
            self._ask(self._requests_not_before_s)
        left_s = self._requests_not_before_s - now_s()
        return math.ceil(min(max(left_s, 1.0), _LONGEST_RETRY_AFTER_S))

    def _begin(self) -> asyncio.Task[Report]:
        if self._shutdown.requested.is_set():
            raise self._closed()
        if self._course is None:
            self._session = self._open()
            self._attempt = asyncio.get_running_loop().create_future()
            self._course = asyncio.create_task(self._session.run(), name="registration")
        return self._course

    def _open(self) -> Session:
        """Bind the plan, and give it its ports."""
        from runner.commands.api import Silent, bind_or_raise, settle_or_raise  # noqa: PLC0415 - aiohttp comes with it
        from runner.commands.real import surroundings_of  # noqa: PLC0415 - aiohttp comes with it

        self._plan = _for_a_host(settle_or_raise(self._plan, self._environment))
        bound = bind_or_raise(self._plan, self._environment, tuple(VerbName))
        reporter = self._reporter or Silent()
        surroundings = surroundings_of(self._plan, reporter, undoable=True, environment=self._environment)
        surroundings = replace(surroundings, goes_on=True, retry_requested=self._again)
        return Session(bound, surroundings, self._shutdown, _GateObserver(self._heard))

    def _closed(self) -> NotRegistered:
        return NotRegistered("the gate is closed", self._report)

    def _ask(self, not_before_s: float) -> asyncio.Future[Report]:
        """Return the try that is under way, else the last one; another is asked for where it is due."""
        if self._attempt.done() and not self._ready and now_s() >= not_before_s:
            self._attempt = asyncio.get_running_loop().create_future()
            self._again.set()
        return self._attempt

    def _heard(self, *, ready: bool) -> None:
        """A try has ended, or something is no longer registered."""
        was_ready, self._ready = self._ready, ready and not self._shutdown.requested.is_set()
        self._report = report = self._session.report()
        if not (ready or was_ready):  # what has just been lost may be registered again at once
            self._pause(report)
        self._again.clear()
        if self._attempt.done():
            self._attempt = asyncio.get_running_loop().create_future()
        self._attempt.set_result(report)

    def _pause(self, report: Report) -> None:
        now, status = now_s(), report.exit_status
        asked_s = [
            (each.retry_not_before - report.started_at).total_seconds() - report.elapsed_s
            for each in report.outcomes
            if each.retry_not_before is not None
        ]
        pause_s = 0.0 if status == ExitStatus.TRANSIENT else self._retry_after_s
        self._not_before_s = now + max(pause_s, *asked_s, 0.0)
        # Whether what may have taken effect did is looked at only by a call, and not by a request.
        unlooked = math.inf if status == ExitStatus.UNKNOWN else now + self._retry_after_s
        self._requests_not_before_s = max(self._not_before_s, unlooked)


def _for_a_host(plan: Plan) -> Plan:
    """Return the plan for a host that goes on: what has failed is tried again, and ends nothing that is registered."""
    lifecycle = replace(plan.lifecycle, at=RegisterAt.AT_ONCE, on_failure=OnFailure.KEEP_RUNNING)
    return replace(plan, lifecycle=lifecycle)


class _GateObserver(Observer):
    """The gate as the observer of a run; who asks for a report sees the beats there."""

    def __init__(self, heard: Callable[..., None]) -> None:
        self._heard = heard

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:  # noqa: ARG002 - a report says more
        """Let in who may come."""
        self._heard(ready=ready)
