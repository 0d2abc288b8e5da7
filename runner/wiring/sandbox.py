"""``enlist sandbox``: a control plane on loopback, and on request the file's own registration against it."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.http.sandbox import Sandbox
from runner.adapters.terminal import takes_colour
from runner.app import sandbox
from runner.app.deliver import deliver
from runner.app.reading import load_or_tell
from runner.language.stories import ScriptedTest
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan
from runner.report.diagnostics import render_diagnostic
from runner.values.secret import BOUND, Redactor
from runner.wiring.loop import LogOptions, log_reporter, perform


def run_sandbox(path: str | None, *, test: str | None, address: tuple[str, int], register: bool) -> int:
    """Serve a script; returns the exit status of the run, or 0 when it was told to stop."""
    console, files = StreamConsole(), LocalFiles()
    plan = load_or_tell(path or sandbox.first_run_path(), files, console)
    if plan is None:
        return ExitStatus.CONFIG
    chosen = sandbox.choose_test(plan, test)
    if chosen is None:
        names = "; ".join(each.name for each in plan.tests) or "none"
        console.err(f"{plan.file}: there is no such test to play; its tests are: {names}")
        return ExitStatus.USAGE
    console.out(f'sandbox: plays "{chosen.name}" of {plan.file}')
    try:
        return asyncio.run(_serve(plan, chosen, address, console, register=register))
    except OSError as error:
        console.err(
            f"{address[0]}:{address[1]} cannot be listened on: {(error.strerror or str(error)).lower()}"
        )
        return ExitStatus.USAGE


async def _serve(
    plan: Plan, test: ScriptedTest, address: tuple[str, int], console: StreamConsole, *, register: bool
) -> int:
    redactor = Redactor()
    find = _Finder(sandbox.routes_of(sandbox.tested(plan, test)))
    async with Sandbox(
        test.given, find, address, lambda line: console.out(f"sandbox: {redactor.mask(line)}")
    ) as server:
        if register:
            return await _register(plan, test, server.url, console, redactor)
        console.out(f"sandbox: will serve {server.url} until it is told to stop (Ctrl-C)")
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
    return ExitStatus.OK


async def _register(
    plan: Plan, test: ScriptedTest, url: str, console: StreamConsole, redactor: Redactor
) -> int:
    bound, findings = sandbox.bind_to_sandbox(plan, test, os.environ, url)
    for finding in (*plan.not_yet, *findings):
        console.err(render_diagnostic(finding, ()))
    if bound is None or plan.not_yet:
        return ExitStatus.CONFIG
    redactor.hold(BOUND, bound.secrets)
    colour = takes_colour(sys.stderr, os.environ)
    reporter = log_reporter(LogOptions(as_json=False, level="info", colour=colour))
    report = await perform(bound, reporter)
    return deliver(report, {}, LocalFiles(), console, summary=True)


class _Finder:
    """Finds the step of a request: the first one whose method and path fit."""

    def __init__(self, routes: Sequence[sandbox.Route]) -> None:
        self._routes = routes

    def __call__(self, method: str, path: str) -> str | None:
        fits = (each.step for each in self._routes if each.method == method and each.path.fullmatch(path))
        return next(fits, None)
