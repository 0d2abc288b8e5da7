"""The real event loop with the real transport, and the signals that interrupt it."""

import asyncio
import random
import signal
import socket
from dataclasses import dataclass

from runner.adapters.clock import SystemClock
from runner.adapters.http.transport import AiohttpTransport
from runner.adapters.log import LogReporter
from runner.app.execute import Ports, execute
from runner.engine.scheduler import Scheduler
from runner.model.bound import BoundPlan
from runner.model.outcome import Report
from runner.ports import Reporter
from runner.report.fold import FoldingReporter
from runner.report.log_line import json_line, text_line


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """How the log is written."""

    as_json: bool
    level: str
    colour: bool


def log_reporter(options: LogOptions) -> Reporter:
    """Return the reporter of a run: a log for people folds what repeats, one for pipelines says all."""
    if options.as_json:
        clock = SystemClock()
        return LogReporter(
            lambda event: json_line(event, clock.now()), bare=True, level=options.level, colour=False
        )
    return FoldingReporter(LogReporter(text_line, bare=False, level=options.level, colour=options.colour))


def run_in_real_time(bound: BoundPlan, options: LogOptions, *, undo: bool = False) -> Report:
    """Perform a bound plan against real servers."""
    return asyncio.run(perform(bound, log_reporter(options), undo=undo))


async def perform(bound: BoundPlan, reporter: Reporter, *, undo: bool = False) -> Report:
    """Perform a bound plan on the running loop; SIGINT and SIGTERM end it early, with its outcomes."""
    async with AiohttpTransport(bound.endpoints) as transport:
        # Jitter spreads load and guards nothing: it needs no cryptographic randomness.
        chance = random.Random().random  # noqa: S311 - see above
        ports = Ports(
            transport=transport,
            reporter=reporter,
            clock=SystemClock(),
            random=chance,
            instance=socket.gethostname(),
        )
        return await execute(bound, ports, undo=undo, watch=_end_on_signals)


def _end_on_signals(scheduler: Scheduler) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, scheduler.interrupt, 128 + number)
