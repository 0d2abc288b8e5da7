"""Gives each test a real engine, the command, and the example files that people copy."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from support.engine_install import installed_engine
from support.enlist_command import EnlistCommand
from support.npm_install import installed_or_skipped
from support.recording_proxy import Wire, recorded
from support.rivet_app import NOBODY, SilentApp, reachable_app
from support.rivet_engine import Engine, NewEngine

ENGINES = pytest.StashKey[list[Engine]]()
EXAMPLES = Path(__file__).parents[2] / "examples" / "rivet"


@pytest.fixture(scope="session")
def executable() -> Path:
    """The engine's executable; without npm there is none, which is a failure where nobody is to see a skip."""
    return installed_or_skipped(installed_engine, "RIVET")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the engines' logs with a failure: what the engine thought of it is half of the story."""
    report = yield
    if report.failed:
        for each in item.stash.get(ENGINES, []):
            report.sections.append((f"log of the engine at {each.url}", each.log))
    return report


@pytest.fixture
def new_engine(executable: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[NewEngine]:
    """Make engines that do not run yet; those that run at the end are killed."""
    made: list[Engine] = []
    request.node.stash[ENGINES] = made

    def make() -> Engine:
        made.append(Engine(executable, tmp_path / f"engine-{len(made)}"))
        return made[-1]

    try:
        yield make
    finally:
        for each in made:
            each.kill()


@pytest.fixture
def idle_engine(new_engine: NewEngine) -> Engine:
    """An engine that does not run yet."""
    return new_engine()


@pytest.fixture
def engine(idle_engine: Engine) -> Engine:
    """An engine that is ready."""
    idle_engine.start()
    return idle_engine


@pytest.fixture
def wire(idle_engine: Engine) -> Iterator[Wire]:
    """What passes between the command and the engine, where the command is sent to ``wire.url``."""
    with recorded(idle_engine.url) as wire:
        yield wire


@pytest.fixture
def app_url() -> Iterator[str]:
    """The URL of a service that the engine can reach."""
    with reachable_app() as url:
        yield url


@pytest.fixture
def silent_app() -> Iterator[SilentApp]:
    """A service that takes the engine's call and does not answer."""
    app = SilentApp()
    yield app
    app.close()


@pytest.fixture
def enlist(idle_engine: Engine, tmp_path: Path) -> Iterator[EnlistCommand]:
    """The command, with the environment that the examples need for this engine."""
    environment = {
        "RIVET_ENDPOINT": idle_engine.url,
        "RIVET_TOKEN": idle_engine.token,
        "RIVET_DATACENTERS": "default",
        "PUBLIC_URL": NOBODY,
    }
    command = EnlistCommand(tmp_path / "runs", environment)
    try:
        yield command
    finally:
        command.end()


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Keep a measurement with the test's result (pytest's own ``record_property`` warns, and warnings are errors)."""
    properties: list[tuple[str, object]] = request.node.user_properties
    return lambda name, value: properties.append((name, value))


@pytest.fixture
def example() -> Path:
    """The file that people copy."""
    return EXAMPLES / "serverless-pool.enlist.yaml"


@pytest.fixture
def static_example() -> Path:
    """Its variant that names the datacenters."""
    return EXAMPLES / "static-datacenters.enlist.yaml"
