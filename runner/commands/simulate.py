"""``enlist simulate``: what a fleet with this file does to a control plane in trouble, before it meets one."""

import os
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.virtual.loop import run_virtually
from runner.commands.fleet import Play, simulate
from runner.commands.reading import load_or_tell, tell
from runner.commands.stand_in import bind_tried
from runner.config.read.oversize import too_large
from runner.config.read.source import MAX_BYTES
from runner.config.scenarios import load_scenario, our_scenario, our_scenarios
from runner.config.words import did_you_mean
from runner.language.scenario import Scenario
from runner.language.stories import ScriptedAnswer, ScriptedTest
from runner.language.terms import OutcomeState, VerbName
from runner.language.value import Json
from runner.model.bound import BoundPlan
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan, verbs_of
from runner.ports import Console, Files, FileTooLarge
from runner.report.diagnostics import render_diagnostic
from runner.report.simulation import render_figures, render_figures_as_json
from runner.simulate.fleet import figures_of, starts_of


class Options(Struct, frozen=True, kw_only=True):
    """What is simulated, and how it is told."""

    scenario: str = "outage-30s"
    fleet: int | None = None
    seed: int = 0
    form: str = "text"


def run_simulate(path: str, options: Options) -> int:
    """Simulate a fleet; returns 0, or 1 where a file has errors, 2 where there is no such scenario."""
    return simulate_file(path, options, LocalFiles(), StreamConsole(), os.environ)


def simulate_file(
    path: str, options: Options, files: Files, console: Console, environment: Mapping[str, str]
) -> int:
    """Simulate a fleet.

    Args:
        path: the file.
        options: what it meets.
        files: reads both.
        console: where the answer goes.
        environment: gives values that no test of the file gives.

    Returns:
        The exit status.
    """
    scenario = _scenario(options.scenario, files, console)
    if isinstance(scenario, ExitStatus):
        return scenario
    plan = load_or_tell(path, files, console)
    if plan is None:
        return ExitStatus.FINDINGS
    healthy = _healthy(plan)
    bound = _bound(plan, healthy, console, environment)
    if bound is None:
        return ExitStatus.FINDINGS
    starts_s = starts_of(scenario.fleet, options.fleet or scenario.fleet.size, options.seed)
    answers = _answers(bound, healthy.given if healthy is not None else ())
    play = Play(bound=bound, answers=answers, scenario=scenario, starts_s=starts_s, seed=options.seed)
    done = run_virtually(simulate(play, console.err))
    figures = figures_of(scenario, done.members, done.traffic, needs=_needs(bound), lasted_s=done.lasted_s)
    figures = replace(
        figures,
        file=plan.file,
        scenario=options.scenario,
        seed=options.seed,
        interrupted=done.interrupted,
        splay_s=None if plan.lifecycle.splay_s else figures.splay_s,
    )
    if done.interrupted:
        console.err(f"interrupted after {done.lasted_s:.0f}s of virtual time; this is what there is")
    console.out((render_figures_as_json if options.form == "json" else render_figures)(figures))
    return ExitStatus.INTERRUPTED if done.interrupted else ExitStatus.OK


def _scenario(name: str, files: Files, console: Console) -> Scenario | ExitStatus:
    """Return one of ours, or that of a file; say what is wrong where there is none."""
    ours = our_scenarios()
    if name in ours:
        return our_scenario(name)
    if "." not in name and "/" not in name:
        hint = did_you_mean(name, ours) or f"there are {', '.join(ours)}; a file is named by its path"
        console.err(f'there is no scenario "{name}"; {hint}')
        return ExitStatus.USAGE
    try:
        loaded = load_scenario(files.read(name, MAX_BYTES), name)
    except FileTooLarge:
        console.err(render_diagnostic(too_large(name), ()))
        return ExitStatus.FINDINGS
    except OSError as error:
        console.err(f"{name}: cannot be read: {(error.strerror or str(error)).lower()}")
        return ExitStatus.FINDINGS
    tell(name, loaded.diagnostics, loaded.lines, console, stops=loaded.scenario is None)
    return ExitStatus.FINDINGS if loaded.scenario is None else loaded.scenario


def _healthy(plan: Plan) -> ScriptedTest | None:
    """Return the test that tells what a healthy server answers: the first that ends registered."""
    good = (each for each in plan.tests if each.then.outcome is OutcomeState.REGISTERED)
    return next(good, None)


def _bound(
    plan: Plan, healthy: ScriptedTest | None, console: Console, environment: Mapping[str, str]
) -> BoundPlan | None:
    """Bind the registrations with the values of that test, and of the environment."""
    overrides: Mapping[str, Json] = healthy.variables if healthy is not None else {}
    values = {**environment, **(healthy.environment if healthy is not None else {})}
    name = healthy.registration if healthy is not None else None
    bound, findings = bind_tried(
        plan, values, overrides, alone=name, verbs=tuple(VerbName), itself={"hostname": "app"}
    )
    for finding in findings:
        console.err(render_diagnostic(finding, ()))
    # Nobody sees what a container of the fleet says, so nothing has to be hidden in it.
    return None if bound is None else replace(bound, secrets=())


def _needs(bound: BoundPlan) -> int:
    """Return how many requests it takes to register one container when all goes well."""
    steps = [
        step
        for registration in bound.registrations.values()
        for verb in (registration.register, registration.verify)
        if verb is not None
        for step in verb.steps
    ]
    logins = {step.endpoint for step in steps} & bound.plan.logins.keys()
    return sum(not step.when for step in steps) + len(logins)


def _answers(bound: BoundPlan, given: Sequence[ScriptedAnswer]) -> dict[str, ScriptedAnswer]:
    """Return what a healthy server answers to each step: the last good answer that the test has for it."""
    good = [each for each in given if each.error is None and 200 <= each.status < 300]
    steps = {
        step.name
        for registration in bound.registrations.values()
        for verb in verbs_of(registration)
        for step in verb.steps
    } | {login.name for login in bound.plan.logins.values()}
    return {
        step: next((each for each in reversed(good) if each.step in (None, step)), ScriptedAnswer())
        for step in steps
    }
