"""Gives each story the real server of a control plane, and runs of enlist that register with it."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from support.debian_package import FetchError, NoAptError
from support.npm_install import InstallError, NoNpmError
from support.plane_runs import Runs
from support.plane_server import Plane, Server
from support.planes import FIRST, PLANES


@pytest.fixture(scope="module", params=PLANES, ids=lambda plane: plane.recipe)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that does not run yet; all stories of a control plane share it."""
    plane: Plane = request.param
    try:
        server = Server(plane, tmp_path_factory.mktemp("plane"))
    except (NoAptError, NoNpmError, FetchError, InstallError) as error:
        if os.environ.get("CI") and plane in FIRST:
            pytest.fail(str(error))
        pytest.skip(f"NOT TESTED AGAINST {plane.recipe}: {error}")
    yield server
    server.kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the server's log with a failure."""
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, Server):
        report.sections.append((f"log of {server.plane.recipe}", server.log[-6000:]))
    return report


@pytest.fixture
def runs(server: Server, tmp_path: Path) -> Iterator[Runs]:
    """Runs that register with the server."""
    runs = Runs(tmp_path, server)
    yield runs
    runs.kill()
