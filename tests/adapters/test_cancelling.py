"""Attempts that others end: a cancellation passes through, whatever the phase, and leaves nothing behind."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.lab import (
    LIMITS,
    OK,
    Behaviour,
    Server,
    Visit,
    full_backlog,
    request,
    transport,
    unheard,
    until,
)

from runner.model.exchange import Response

Run = Callable[[Any], Any]


async def hanging(visit: Visit) -> None:
    await visit.request()
    await visit.hang()


async def hanging_in_the_body(visit: Visit) -> None:
    await visit.answer(OK[:-3])
    await visit.hang()


@pytest.mark.parametrize("behave", [hanging, hanging_in_the_body])
def test_a_cancelled_attempt_raises_in_every_phase_after_sending(behave: Behaviour, run: Run) -> None:
    async def case() -> None:
        async with Server(behave) as server, transport() as made:
            task = asyncio.create_task(made.send(request(server.url), LIMITS, unheard))
            await until(lambda: server.counts.bodies)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert tuple(server.counts) == (1, 1, 1)

    run(case())


def test_a_cancelled_attempt_raises_while_connecting(run: Run) -> None:
    async def case(port: int) -> None:
        async with transport() as made:
            task = asyncio.create_task(made.send(request(f"http://127.0.0.1:{port}/"), LIMITS, unheard))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with full_backlog() as port:
        run(case(port))


def test_an_outer_time_limit_stays_the_outer_ones(run: Run) -> None:
    async def case() -> None:
        async with Server(hanging) as server, transport() as made:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await made.send(request(server.url), LIMITS, unheard)

    run(case())


def test_a_transport_is_usable_after_a_cancellation(run: Run) -> None:
    async def hanging_first(visit: Visit) -> None:
        if visit.counts.connections == 1:
            await hanging(visit)
        await visit.answer(OK)

    async def case() -> None:
        async with Server(hanging_first) as server, transport() as made:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await made.send(request(server.url), LIMITS, unheard)
            assert isinstance(await made.send(request(server.url), LIMITS, unheard), Response)
            assert tuple(server.counts) == (2, 2, 2)

    run(case())


@pytest.mark.parametrize("behave", [hanging, hanging_in_the_body])
def test_a_cancelled_attempt_has_said_whether_it_was_sent(behave: Behaviour, run: Run) -> None:
    said: list[int] = []

    async def case() -> None:
        async with Server(behave) as server, transport() as made:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await made.send(request(server.url), LIMITS, lambda: said.append(server.counts.requests))

    run(case())
    assert said == [0], "once, and before the server could have seen anything"


def test_a_cancelled_attempt_without_a_connection_has_not_been_sent(run: Run) -> None:
    said: list[int] = []

    async def case(port: int) -> None:
        async with transport() as made:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await made.send(request(f"http://127.0.0.1:{port}/"), LIMITS, lambda: said.append(1))

    with full_backlog() as port:
        run(case(port))
    assert said == []
