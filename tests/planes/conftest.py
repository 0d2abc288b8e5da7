"""Gives each story the real server of a control plane, and runs of enlist that register with it."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from support.debian_package import FetchError, NoAptError
from support.npm_install import InstallError, NoNpmError
from support.plane_runs import Runs
from support.plane_server import Plane, Server
from support.planes import FIRST, PLANES


def install_or_skip(plane: Plane) -> None:
    """Fetch a server; where it cannot be had the test is skipped, a failure where nobody is to see a skip."""
    try:
        plane.install()
    except (NoAptError, NoNpmError, FetchError, InstallError) as error:
        if os.environ.get("CI") and plane in FIRST:
            pytest.fail(str(error))
        pytest.skip(f"NOT TESTED AGAINST {plane.recipe}: {error}")


@pytest.fixture
def installed() -> Callable[[Plane], None]:
    """Fetches a server, or skips the test."""
    return install_or_skip


@pytest.fixture(scope="module", params=PLANES, ids=lambda plane: plane.recipe)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that does not run yet; all stories of a control plane share it."""
    install_or_skip(request.param)
    server = Server(request.param, tmp_path_factory.mktemp("plane"))
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
