"""Which tests are fast: those that start no process, open no socket and serve nobody.

It is read from the code, so nobody marks a test by hand: a test is not fast where it, one of its fixtures, or a helper
of the tests that one of them calls, names what starts or serves. What that overlooks fails as soon as it is run.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

_TESTS = str(Path(__file__).parents[1])
_REAL = {
    *("subprocess", "multiprocessing", "create_subprocess_exec", "fork", "posix_spawn", "warm", "podman", "pty"),
    *("socket", "start_server", "start_unix_server", "create_server", "serve_forever", "TCPSite", "UnixSite"),
    *("HTTPServer", "ThreadingHTTPServer", "TestServer", "create_connection", "urlopen", "open_connection"),
    *("look", "own_ip", "Gate", "AiohttpTransport"),  # a probe that runs a program; what asks control planes by itself
}  # fmt: skip
_AUDITED = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "socket.bind", "socket.connect"}


class Guard:
    """Fails a fast test that starts a process or opens a socket after all."""

    def __init__(self) -> None:
        self._is_on = False
        self._seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _: tuple[Any, ...]) -> None:
        if self._is_on and event in _AUDITED:
            self._seen.append(event)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Watch a fast test."""
        self._is_on = item.get_closest_marker("fast") is not None
        self._seen.clear()
        try:
            result = yield
        finally:
            self._is_on = False
        if self._seen:
            pytest.fail(f"marked fast, and did {self._seen[0]}: name in {__file__} what it does that by")
        return result


def mark(items: list[pytest.Item]) -> None:
    """Mark the fast ones."""
    known: dict[FunctionType, bool] = {}
    for item in items:
        if isinstance(item, pytest.Function):
            fixtures = item._fixtureinfo.name2fixturedefs.values()
            used: list[Callable[..., Any]] = [
                item.function,
                *(each.func for defs in fixtures for each in defs),
            ]
            if not any(_is_real(each, known) for each in used):
                item.add_marker("fast")


def _is_real(what: object, known: dict[FunctionType, bool]) -> bool:
    what = getattr(what, "__wrapped__", getattr(what, "func", what))
    if isinstance(what, type):
        return what.__module__ in sys.modules and any(_is_real(each, known) for each in vars(what).values())
    if not isinstance(what, FunctionType) or not what.__code__.co_filename.startswith(_TESTS):
        return False
    if what not in known:
        known[what] = False  # until it is known; a circle ends here
        names = set(_names(what.__code__))
        known[what] = bool(names & _REAL) or any(
            _is_real(what.__globals__[each], known) for each in names if each in what.__globals__
        )
    return known[what]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)
