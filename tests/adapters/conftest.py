"""Runs each coroutine of the laboratory under either event loop."""

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import pytest

T = TypeVar("T")
Run: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]


def _uvloop() -> asyncio.AbstractEventLoop:
    uvloop = pytest.importorskip("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Return a function that runs a coroutine to its end, and takes no longer than a test may."""
    if request.param == "uvloop" and importlib.util.find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed")

    def run_it(coroutine: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            async with asyncio.timeout(10):
                return await coroutine

        with asyncio.Runner(loop_factory=_uvloop if request.param == "uvloop" else None) as runner:
            return runner.run(bounded())

    return run_it
