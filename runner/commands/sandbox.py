"""``enlist sandbox``: which script is played, for which requests, and the file bound to it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib import resources

from msgspec import Struct, structs

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.http import library  # noqa: F401 - before what imports aiohttp
from runner.adapters.http.sandbox import Sandbox
from runner.adapters.output import KNOWN
from runner.adapters.terminal import takes_colour
from runner.commands.prepare import Options
from runner.commands.reading import load_or_tell
from runner.commands.real import shut_down_on_signals, surroundings_of
from runner.commands.reports import log_reporter
from runner.commands.stand_in import bind_tried
from runner.language.stories import ScriptedTest
from runner.language.value import Template
from runner.model.bound import Address, BoundEndpoint, BoundPlan, BoundTls
from runner.model.diagnostic import Diagnostic
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan, Registration, verbs_of
from runner.report.diagnostics import render_diagnostic
from runner.report.summary import render_summary
from runner.session.session import Session
from runner.session.shutdown import Shutdown
from runner.values.printable import printable
from runner.values.secret import BOUND

FIRST_RUN = "first-run.enlist.yaml"


class Route(Struct, frozen=True, kw_only=True):
    """Which requests belong to a step."""

    step: str
    method: str
    path: re.Pattern[str]


def first_run_path() -> str:
    """Return where the file lies that is played when none is named."""
    return str(resources.files("runner.recipes").joinpath(FIRST_RUN))


def choose_test(plan: Plan, name: str | None) -> ScriptedTest | None:
    """Return the test of that name, or the first one."""
    return next((test for test in plan.tests if name in (None, test.name)), None)


def tested(plan: Plan, test: ScriptedTest) -> Registration:
    """Return the registration that a test is about."""
    return plan.registrations[test.registration or next(iter(plan.registrations))]


def routes_of(registration: Registration) -> tuple[Route, ...]:
    """Return which requests belong to which step; placeholders in a path stand for anything."""
    return tuple(
        Route(step=step.name, method=step.request.method, path=_pattern(step.request.path))
        for verb in verbs_of(registration)
        for step in verb.steps
    )


def _pattern(path: Template) -> re.Pattern[str]:
    if path.whole is not None:
        return re.compile(".*")
    return re.compile("".join(re.escape(part) if isinstance(part, str) else "[^/]+" for part in path.parts))


def bind_to_sandbox(
    plan: Plan, test: ScriptedTest, environment: Mapping[str, str], url: str
) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    """Bind the tested registration with the test's values, and all endpoints to the sandbox."""
    environment = {**environment, **test.environment}
    bound, findings = bind_tried(plan, environment, test.variables, alone=tested(plan, test).name)
    if bound is None:
        return None, findings
    endpoints = {name: _moved(endpoint, url) for name, endpoint in bound.endpoints.items()}
    return structs.replace(bound, endpoints=endpoints), ()


def _moved(endpoint: BoundEndpoint, url: str) -> BoundEndpoint:
    return structs.replace(endpoint, addresses=(Address(url),), socket=None, tls=BoundTls(), proxy="none")


def run_sandbox(path: str | None, *, test: str | None, address: tuple[str, int], register: bool) -> int:
    """Serve a script; returns the exit status of the run, or 0 when it was told to stop."""
    console, files = StreamConsole(), LocalFiles()
    plan = load_or_tell(path or first_run_path(), files, console)
    if plan is None:
        return ExitStatus.CONFIG
    chosen = choose_test(plan, test)
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
    find = _Finder(routes_of(tested(plan, test)))
    async with Sandbox(
        test.given, find, address, lambda line: console.out(f"sandbox: {printable(line)}")
    ) as server:
        if register:
            return await _register(plan, test, server.url, console)
        console.out(f"sandbox: will serve {server.url} until it is told to stop (Ctrl-C)")
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
    return ExitStatus.OK


async def _register(plan: Plan, test: ScriptedTest, url: str, console: StreamConsole) -> int:
    bound, findings = bind_to_sandbox(plan, test, os.environ, url)
    for finding in (*plan.not_yet, *findings):
        console.err(render_diagnostic(finding, ()))
    if bound is None or plan.not_yet:
        return ExitStatus.CONFIG
    KNOWN.redactor.hold(BOUND, bound.secrets)
    colour = takes_colour(sys.stderr, os.environ)
    shutdown = Shutdown()
    shut_down_on_signals(shutdown)
    surroundings = surroundings_of(
        bound.plan, log_reporter(Options(), colour=colour), redactor=KNOWN.redactor
    )
    report = await Session(bound, surroundings, shutdown).register()
    if summary := render_summary(report, colour=colour):
        console.err(summary)
    return report.exit_status


class _Finder:
    """Finds the step of a request: the first one whose method and path fit."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def __call__(self, method: str, path: str) -> str | None:
        fits = (each.step for each in self._routes if each.method == method and each.path.fullmatch(path))
        return next(fits, None)
