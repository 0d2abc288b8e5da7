"""``enlist test``: the tests that files bring along, in virtual time, each with many seeds.

The engine, the classes and the policies are those of ``run``; only time, transport and chance are not.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from random import Random as SeededRandom
from typing import Any

from msgspec import Struct, structs

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.commands.reading import load_or_tell, load_recipe, tell
from runner.commands.stand_in import StandInFiles
from runner.config.binding.bind import bind
from runner.config.binding.late import settle
from runner.language.recipes import SUFFIX
from runner.language.stories import Expected, ScriptedAnswer, ScriptedTest
from runner.language.terms import VerbName
from runner.language.units import format_duration
from runner.model.bound import BoundPlan
from runner.model.diagnostic import Diagnostic
from runner.model.event import RunEvent
from runner.model.outcome import ExitStatus, Outcome, Report
from runner.model.plan import Plan
from runner.ports import Console, Files, Transport, WallClock
from runner.report.story import decision_of
from runner.report.summary import describe_failure
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.surroundings import with_ports


class VirtualWorld(Struct, frozen=True, kw_only=True):
    """How tests are played: the adapters of virtual time, as functions."""

    run: Callable[[Coroutine[Any, Any, Report]], Report]
    transport: Callable[[Sequence[ScriptedAnswer]], Transport]
    clock: WallClock


_FIRST_SHOWN = 3
_LAST_SHOWN = 17
"""Attempts of a failing story: how it began, and above all how it ended."""


class Silent:
    """A test says how it ended and nothing else."""

    def on_event(self, event: RunEvent) -> None:
        """See ``ports.Reporter``."""


def run_tests(
    paths: Sequence[str], files: Files, console: Console, world: VirtualWorld, *, seeds: int | None
) -> int:
    """Run the tests of some files, in the order of their names whatever order they are given in.

    Args:
        paths: the files; ``-`` is standard input.
        files: reads them.
        console: where the results go.
        world: plays them.
        seeds: how many seeds each test runs with; none leaves it to the file.

    Returns:
        0 when all pass, 1 when one fails or a file has errors or no tests.
    """
    passed = failed = unusable = 0
    ordered = sorted(set(paths))
    for path in ordered:
        plans = _tested_plans(path, files, console)
        if not plans:
            unusable += 1
            continue
        if len(ordered) > 1:
            console.out(f"{plans[0].file}:")
        problems = [
            _play_all(plan, test, world, seeds or test.seeds, console)
            for plan in plans
            for test in plan.tests
        ]
        failed += sum(problems)
        passed += len(problems) - sum(problems)
    if unusable < len(ordered):
        console.out(f"{passed} passed, {failed} failed")
    return ExitStatus.FINDINGS if failed or unusable else ExitStatus.OK


def _tested_plans(path: str, files: Files, console: Console) -> Sequence[Plan]:
    """Return the plan of a file that has tests, or those of a recipe, one a test; or say why there are none."""
    if path.endswith(SUFFIX):
        recipe = load_recipe(path, files)
        tell(path, recipe.diagnostics, recipe.lines, console, stops=not recipe.plans)
        plans: Sequence[Plan] = recipe.plans
        refused = bool(recipe.diagnostics)
    else:
        plan = load_or_tell(path, files, console)
        plans, refused = ((plan,) if plan is not None and plan.tests else ()), plan is None
    if not plans and not refused:
        console.err(f"{path}: no tests; add some under tests:")
    return plans


def _play_all(plan: Plan, test: ScriptedTest, world: VirtualWorld, seeds: int, console: Console) -> bool:
    """Play a test with each seed until one fails; say how it went, and return whether it failed."""
    bound, missing = bind_test(plan, test)
    if bound is None:
        console.out(f"FAILED {test.name} ({test.span})")
        for finding in missing:
            console.out(f"       {finding.message}; give it under variables or environment of the test")
        return True
    longest_s = 0.0
    for seed in range(seeds):
        report = play(bound, test, world, seed)
        problems = list(_problems(test.then, report))
        longest_s = max(longest_s, report.elapsed_s)
        if problems:
            console.out(f"FAILED {test.name} ({test.span})")
            for line in (f"seed {seed}: {'; '.join(problems)}", *_trace(report.outcomes[0])):
                console.out(f"       {line}")
            return True
    console.out(f"ok     {test.name} ({seeds} seeds, at most {format_duration(longest_s)})")
    return False


def bind_test(plan: Plan, test: ScriptedTest) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    """Bind the registration that a test is about, alone, with the test's own variables."""
    name = test.registration or next(iter(plan.registrations))
    settled, findings = settle(plan, test.environment, StandInFiles(), test.variables)
    if settled is None:
        return None, findings
    alone = structs.replace(settled.registrations[name], needs=())
    return bind(
        structs.replace(settled, registrations={name: alone}),
        test.environment,
        StandInFiles(),
        verbs=(VerbName.REGISTER, VerbName.VERIFY),
        overrides=test.variables,
        itself={"hostname": "app"},
    )


def play(bound: BoundPlan, test: ScriptedTest, world: VirtualWorld, seed: int) -> Report:
    """Play a test once."""
    ports = Ports(
        transport=world.transport(test.given),
        reporter=Silent(),
        clock=world.clock,
        random=SeededRandom(seed).random,  # noqa: S311 - a seeded source is the point
    )
    return world.run(Session(bound, with_ports(ports)).register())


def _problems(expected: Expected, report: Report) -> Iterator[str]:
    (outcome,) = report.outcomes
    last = outcome.last_failure
    got = {
        "outcome": (expected.outcome, outcome.state),
        "requests": (expected.requests, outcome.requests),
        "class": (expected.class_name, outcome.class_name or (last.class_name if last else None)),
        "reason": (expected.reason, outcome.reason),
        "exit_status": (expected.exit_status, int(report.exit_status)),
    }
    for name, (wanted, found) in got.items():
        if wanted is not None and wanted != found:
            yield f"{name} is {found} and should be {wanted}"
    took_s = outcome.ended_s - outcome.started_s
    if expected.within_s is not None and took_s > expected.within_s:
        yield f"it took {format_duration(took_s)} and should take at most {format_duration(expected.within_s)}"


def _trace(outcome: Outcome) -> Iterator[str]:
    """The attempts of the failed seed, and how it ended: what one needs to mend the policy or the test."""
    left_out = max(0, len(outcome.attempts) - _FIRST_SHOWN - _LAST_SHOWN)
    for index, attempt in enumerate(outcome.attempts):
        if left_out and index == _FIRST_SHOWN:
            yield f"  ... {left_out} more ..."
        if _FIRST_SHOWN <= index < _FIRST_SHOWN + left_out:
            continue
        verdict = (
            f"{attempt.class_name}: {attempt.message}; {decision_of(attempt)}" if attempt.class_name else "ok"
        )
        yield f"  {attempt.started_s:7.3f}s {outcome.registration}.{attempt.step} #{attempt.number}: {verdict}"
    if outcome.has_place:
        yield f"  {outcome.state}: {describe_failure(outcome)}"


def virtual_world() -> VirtualWorld:
    """Return the world in which a file's tests are played."""
    return VirtualWorld(run=run_virtually, transport=ScriptedTransport, clock=VirtualClock())


def run_test(paths: Sequence[str], *, seeds: int | None) -> int:
    """Run the tests of files; returns the exit status."""
    return run_tests(paths, LocalFiles(), StreamConsole(), virtual_world(), seeds=seeds)
