"""Gives each test the language server, in each of the versions that editors run."""

from collections.abc import Iterator
from functools import partial

import pytest
from support.language_server import VERSIONS, LanguageServer, installed_server
from support.npm_install import installed_or_skipped


@pytest.fixture(scope="session", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LanguageServer]:
    """A server that knows the bundled schema."""
    script = installed_or_skipped(partial(installed_server, request.param), "AN EDITOR")
    started = LanguageServer(script, tmp_path_factory.mktemp("language-server") / "log")
    try:
        yield started
    finally:
        started.end()
