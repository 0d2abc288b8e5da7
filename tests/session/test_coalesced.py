"""Changes of many registrations that come close together are told together, the last one always."""

import asyncio

from runner.adapters.virtual.loop import run_virtually
from runner.session.coalesced import Coalesced


def calls(gap_s: float, asked_at_s: list[float], flush_at_s: float | None = None) -> list[float]:
    """Return when the call was made, in seconds."""
    made: list[float] = []

    async def course() -> None:
        loop = asyncio.get_running_loop()
        call = Coalesced(lambda: made.append(loop.time()), lambda: gap_s)
        for at_s in asked_at_s:
            loop.call_at(at_s, call)
        if flush_at_s is not None:
            loop.call_at(flush_at_s, call.flush)
        await asyncio.sleep(100)

    run_virtually(course())
    return made


def test_without_a_gap_each_call_is_made_at_once() -> None:
    assert calls(0, [1, 1, 2]) == [1, 1, 2]


def test_what_is_asked_for_within_the_gap_is_one_call_at_its_end() -> None:
    assert calls(5, [1, 2, 3, 4, 20]) == [1, 6, 20]


def test_what_is_still_asked_for_can_be_had_at_once() -> None:
    assert calls(5, [1, 2], flush_at_s=3) == [1, 3]
    assert calls(5, [1], flush_at_s=3) == [1]
