"""``enlist run`` and ``enlist deregister``: perform a bound plan and return how it ended."""

from collections.abc import Callable

from msgspec import Struct, field

from runner.engine import story
from runner.engine.bodies import show_bodies
from runner.engine.clock_watch import ClockWatch
from runner.engine.closing import Closing
from runner.engine.context import Context, Judge, now_s
from runner.engine.live import LiveEndpoint
from runner.engine.scheduler import Scheduler, exit_status_of
from runner.engine.sending import Sending
from runner.model.bound import BoundPlan
from runner.model.outcome import Outcome, Report
from runner.model.version import VERSION
from runner.ports import Random, Reporter, Transport, WallClock
from runner.retry.backoff import splay_s
from runner.values.secret import BOUND, Redactor


class Ports(Struct, frozen=True, kw_only=True):
    """What a run needs from the world."""

    transport: Transport
    reporter: Reporter
    clock: WallClock
    random: Random
    judge: Judge = field(default_factory=Judge)
    instance: str = ""
    """What tells this instance from its siblings; it decides its place in the start splay."""


Watch = Callable[[Scheduler], None]
"""Told of the scheduler before anything is sent, to interrupt it on a signal."""


async def execute(
    bound: BoundPlan, ports: Ports, *, undo: bool = False, watch: Watch = lambda _: None
) -> Report:
    """Register everything in a plan, or deregister it.

    Args:
        bound: the plan with its values.
        ports: the world.
        undo: deregister instead.
        watch: told of the scheduler.

    Returns:
        The report, with secrets already taken out.
    """
    context = context_of(bound, ports)
    scheduler = Scheduler(context)
    watch(scheduler)
    if undo:
        ended = await scheduler.deregister_all()
    else:
        ended = await scheduler.register_all(splay_s(bound.plan.lifecycle.splay_s, ports.instance))
    outcomes = tuple(each.outcome for each in ended)
    exit_status = scheduler.interrupted_by or exit_status_of(outcomes)
    context.tell(story.run_finished(context.elapsed_s(), exit_status))
    return report_of(context, outcomes, exit_status, interrupted=scheduler.interrupted_by is not None)


def context_of(bound: BoundPlan, ports: Ports) -> Context:
    """Return what all parts of a run share, from this moment on."""
    redactor = Redactor()
    redactor.hold(BOUND, bound.secrets)
    return Context(
        bound=bound,
        endpoints={name: LiveEndpoint(each) for name, each in bound.endpoints.items()},
        transport=ports.transport,
        reporter=ports.reporter,
        clock=ports.clock,
        random=ports.random,
        redactor=redactor,
        judge=ports.judge,
        closing=Closing(),
        sending=Sending(),
        clock_watch=ClockWatch(ports.clock.now(), now_s()),
        began_s=now_s(),
        began_at=ports.clock.now(),
    )


def report_of(
    context: Context, outcomes: tuple[Outcome, ...], exit_status: int, *, interrupted: bool = False
) -> Report:
    """Return the report of a run as of now."""
    return Report(
        file=context.bound.plan.file,
        plan_sha256=context.bound.plan.sha256,
        enlist_version=VERSION,
        started_at=context.began_at,
        elapsed_s=context.elapsed_s(),
        exit_status=exit_status,
        outcomes=show_bodies(context.redactor.mask_fields(outcomes), context.redactor),
        interrupted=interrupted,
    )
