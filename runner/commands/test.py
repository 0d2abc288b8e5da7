"""``enlist test``: the tests that files bring along, in virtual time, each with many seeds.

The session, the classes and the policies are those of ``run``; only time, transport and chance are not.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.commands.coverage import Reached, coverage_of, reached_by, together
from runner.commands.expectations import mismatches
from runner.commands.playing import bind_test, play
from runner.commands.reading import load_or_tell, load_recipe, tell
from runner.language.recipes import SUFFIX
from runner.language.stories import ScriptedTest
from runner.model.event import RunEvent
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan
from runner.model.trial import Trial, Trials
from runner.ports import Console, Files
from runner.report.trials import render_coverage, render_trial
from runner.report.trials_files import render_trials_as_json, render_trials_as_junit

_SEEDS = 100
_LEAST_SEEDS = 5
_ENOUGH_REQUESTS = 300
"""A story of sixty requests shows with five seeds what one of three shows with a hundred; and a hook waits for it."""


class Options(Struct, frozen=True, kw_only=True):
    """How tests are played and told."""

    seeds: int | None = None
    """With how many seeds each runs; none leaves it to the file."""
    seed: int | None = None
    """The only one that they run with, where a failure is looked at again."""
    coverage: bool = False
    form: str = "text"


def run_tests(paths: Sequence[str], files: Files, console: Console, options: Options) -> int:
    """Run the tests of some files, in the order of their names whatever order they are given in.

    Args:
        paths: the files; ``-`` is standard input.
        files: reads them.
        console: where the results go.
        options: how they run.

    Returns:
        0 when all pass, 1 when one fails or a file has errors or no tests.
    """
    played: list[Trials] = []
    ordered = sorted(set(paths))
    for path in ordered:
        if not (plans := _tested_plans(path, files, console)):
            continue
        shows = options.form == "text"
        if shows and len(ordered) > 1:
            console.out(f"{plans[0].file}:")
        played.append(_try_out_all(plans, options, console.out if shows else None))
    failed = sum(not trial.passed for each in played for trial in each.trials)
    if played and options.form == "text":
        console.out(f"{sum(len(each.trials) for each in played) - failed} passed, {failed} failed")
    elif options.form != "text":
        render = {"json": render_trials_as_json, "junit": render_trials_as_junit}[options.form]
        console.out(render(played))
    return ExitStatus.FINDINGS if failed or len(played) < len(ordered) else ExitStatus.OK


def _try_out_all(plans: Sequence[Plan], options: Options, show: Callable[[str], None] | None) -> Trials:
    """Play the tests of a file, and show each when it has ended: some take their time."""
    trials, reached = [], dict[str, Reached]()
    for plan, test in ((each, test) for each in plans for test in each.tests):
        events: list[RunEvent] = []
        if options.seed is None:
            trial = try_out(plan, test, options.seeds or test.seeds, keep=events.extend)
        else:
            trial = try_out(plan, test, first=options.seed, keep=events.extend)
        trials.append(trial)
        name = trial.registration
        reached[name] = together((reached.get(name, Reached()), reached_by(events)))
        if show is not None:
            show(render_trial(trial))
    coverage = coverage_of(plans, reached) if options.coverage else None
    if coverage is not None and show is not None:
        show(render_coverage(coverage))
    return Trials(file=plans[0].file, trials=tuple(trials), coverage=coverage)


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


def try_out(
    plan: Plan,
    test: ScriptedTest,
    seeds: int | None = None,
    *,
    first: int | None = None,
    keep: Callable[[Sequence[RunEvent]], None] = lambda _: None,
) -> Trial:
    """Play a test with each seed until one fails; once is enough where nothing is left to chance.

    Args:
        plan: the file.
        test: one of its tests.
        seeds: how many; by default as many as have shown enough.
        first: the only seed, where a failure is looked at again.
        keep: told what happened with each.
    """
    bound, unbound = bind_test(plan, test)
    name = test.registration or next(iter(plan.registrations))
    trial = Trial(name=test.name, span=test.span, registration=name, unbound=unbound)
    if bound is None:
        return trial
    longest_s, requests = 0.0, 0
    for number, seed in enumerate(range(seeds or _SEEDS) if first is None else (first,), start=1):
        played = play(bound, test, seed)
        keep(played.events)
        requests += len(played.sent)
        longest_s = max(longest_s, played.report.elapsed_s)
        trial = replace(trial, seeds=number, longest_s=longest_s)
        if wrong := tuple(mismatches(test.then, played)):
            return replace(trial, failed_seed=seed, mismatches=wrong, story=played.events)
        if not played.by_chance:
            return replace(trial, by_chance=False)
        if seeds is None and requests >= _ENOUGH_REQUESTS and number >= _LEAST_SEEDS:
            break
    return trial


def run_test(paths: Sequence[str], options: Options) -> int:
    """Run the tests of files; returns the exit status."""
    return run_tests(paths, LocalFiles(), StreamConsole(), options)
