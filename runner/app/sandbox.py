"""``enlist sandbox``: which script is played, for which requests, and the file bound to it."""

import re
from collections.abc import Mapping
from importlib import resources

from msgspec import Struct, structs

from runner.app.stand_in import StandInFiles
from runner.config.bind import bind
from runner.language.stories import ScriptedTest
from runner.language.value import Template
from runner.model.bound import Address, BoundEndpoint, BoundPlan, BoundTls
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan, Registration, verbs_of

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
    alone = structs.replace(tested(plan, test), needs=())
    bound, findings = bind(
        structs.replace(plan, registrations={alone.name: alone}),
        {**environment, **test.environment},
        StandInFiles(),
        overrides=test.variables,
    )
    if bound is None:
        return None, findings
    endpoints = {name: _moved(endpoint, url) for name, endpoint in bound.endpoints.items()}
    return structs.replace(bound, endpoints=endpoints), ()


def _moved(endpoint: BoundEndpoint, url: str) -> BoundEndpoint:
    return structs.replace(endpoint, addresses=(Address(url),), socket=None, tls=BoundTls(), proxy="none")
