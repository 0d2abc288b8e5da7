"""The end of a gate: what is registered is deregistered once, within its time, whatever was going on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from support.harness import plan_of
from support.scripted_gate import BEATING, FILE, SLOW, TWO, ScriptedGate

from runner import Gate, InvalidFile, NotRegistered
from runner.adapters.virtual.loop import run_virtually


def play(course: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await course()

    run_virtually(main())


def now_s() -> float:
    return asyncio.get_running_loop().time()


def test_entering_registers_in_the_background_and_leaving_deregisters() -> None:
    async def course() -> None:
        async with ScriptedGate(given="[{step: register, latency: 3s}, {step: deregister}]") as gate:
            entered = (now_s(), gate.is_ready, gate.report())
            await asyncio.sleep(4)
            later = gate.is_ready

        assert entered == (0, False, None)
        assert later
        assert gate.sent == [(0, "register"), (4, "deregister")]
        assert not gate.is_ready

    play(course)


def test_beats_end_before_the_deregistration() -> None:
    async def course() -> None:
        async with ScriptedGate(BEATING) as gate:
            await asyncio.sleep(25)
        await asyncio.sleep(60)

        assert gate.steps == ["register", "heartbeat", "heartbeat", "heartbeat", "deregister"]

    play(course)


@pytest.mark.parametrize(
    ("when", "undone"),
    [("always", True), ("on_exit", True), ("on_success", True), ("on_signal", False), ("never", False)],
)
def test_closing_is_an_exit_and_no_signal(when: str, *, undone: bool) -> None:
    async def course() -> None:
        text = FILE.replace("deregister: {", f"deregister: {{when: {when}, ")
        async with ScriptedGate(text) as gate:
            await gate.ready()

        assert ("deregister" in gate.steps) is undone
        assert not gate.is_ready

    play(course)


def test_a_host_that_fails_has_not_ended_well() -> None:
    async def course() -> None:
        gate = ScriptedGate(FILE.replace("deregister: {", "deregister: {when: on_success, "))

        async def host() -> None:
            async with gate:
                await gate.ready()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await host()

        assert gate.steps == ["register"]

    play(course)


def test_closing_twice_deregisters_once_and_in_full() -> None:
    async def course() -> None:
        gate = ScriptedGate(given="[{step: register}, {step: deregister, latency: 1s}]")
        await gate.ready()
        first = asyncio.create_task(gate.close())
        await asyncio.sleep(0.5)
        await gate.close()
        await first
        report = gate.report()

        assert gate.sent == [(0, "register"), (0, "deregister")]
        assert now_s() == 1
        assert report is not None
        assert [each.state for each in report.outcomes] == ["deregistered"]

    play(course)


def test_deregistering_ends_with_the_time_that_the_file_gives_it() -> None:
    async def course() -> None:
        text = FILE + "lifecycle: {stop: {deregister: 3s}}\n"
        gate = ScriptedGate(text, "[{step: register}, {step: deregister, latency: 14s}]")
        await gate.ready()
        await gate.close()

        assert now_s() == 3

    play(course)


def test_a_registration_under_way_is_ended_and_undone_if_it_may_have_taken_effect() -> None:
    async def course() -> None:
        gate = ScriptedGate(given="[{step: register, latency: 9s}, {step: deregister}]")
        waiting = asyncio.create_task(gate.ready())
        await asyncio.sleep(1)
        await gate.close()

        assert gate.sent == [(0, "register"), (2.5, "deregister")]  # the answer is awaited first
        with pytest.raises(NotRegistered, match="interrupted"):
            await waiting

    play(course)


def test_so_is_a_later_try_under_way() -> None:
    async def course() -> None:
        given = "[{step: register, status: 400}, {step: register, latency: 9s}, {step: deregister}]"
        gate = ScriptedGate(given=given)
        with pytest.raises(NotRegistered):
            await gate.ready()
        await asyncio.sleep(6)
        waiting = asyncio.create_task(gate.ready())
        await asyncio.sleep(1)
        await gate.close()

        assert gate.sent == [(0, "register"), (6, "register"), (7, "deregister")]
        with pytest.raises(NotRegistered, match="interrupted"):
            await waiting

    play(course)


def test_undoing_one_registration_does_not_open_the_gate_again() -> None:
    async def course() -> None:
        text = TWO.replace("deregister: {", "deregister: {when: never, ", 1)
        gate = ScriptedGate(text.replace("  db:\n", "  db:\n    required: false\n"))
        await gate.ready()
        await gate.close()

        assert gate.steps == ["register", "register", "deregister"]
        assert not gate.is_ready

    play(course)


def test_what_stands_beside_a_failure_is_undone_too() -> None:
    async def course() -> None:
        gate = ScriptedGate(TWO, "[{status: 200}, {status: 400}, {status: 200}]")
        with pytest.raises(NotRegistered):
            await gate.ready()
        await gate.close()

        assert [(each.request.method, str(each.request.url)) for each in gate.transport.sent][2:] == [
            ("DELETE", "http://plane/services/web")
        ]

    play(course)


def test_a_closed_gate_stays_closed() -> None:
    async def course() -> None:
        gate = ScriptedGate()
        await gate.close()

        with pytest.raises(NotRegistered, match="the gate is closed"):
            await gate.ready()
        with pytest.raises(NotRegistered, match="the gate is closed"):
            await gate.__aenter__()
        assert gate.sent == []

    play(course)


def test_who_is_cancelled_while_closing_leaves_deregistering_going_on() -> None:
    async def course() -> None:
        gate = ScriptedGate(given="[{step: register}, {step: deregister, latency: 1s}]")
        await gate.ready()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await gate.close()
        assert gate.connections == 1
        await asyncio.sleep(1)
        report = gate.report()

        assert report is not None
        assert [each.state for each in report.outcomes] == ["deregistered"]

    play(course)


def test_a_host_that_fails_deregisters_and_keeps_its_exception() -> None:
    async def course() -> None:
        gate = ScriptedGate()

        async def fail() -> None:
            async with gate:
                await gate.ready()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()

        assert gate.steps == ["register", "deregister"]

    play(course)


def test_a_run_whose_registrations_are_undone_is_not_ready() -> None:
    words: list[bool] = []

    class Listening(ScriptedGate):
        def _heard(self, *, ready: bool) -> None:
            words.append(ready)
            super()._heard(ready=ready)

    async def course() -> None:
        async with Listening() as gate:
            await gate.ready()

    play(course)
    assert words == [True, False]


def test_a_value_that_is_missing_fails_where_the_gate_is_entered() -> None:
    async def course() -> None:
        needed_at_the_end = FILE.replace("DELETE, path: /services/web", 'DELETE, path: "/services/${NAME}"')
        gate = Gate(plan_of(needed_at_the_end), environment={})
        with pytest.raises(InvalidFile, match="NAME is not set"):
            async with gate:
                raise AssertionError("the gate was entered")

    play(course)


def test_a_bug_reaches_who_waits_and_who_closes() -> None:
    async def course() -> None:
        gate = ScriptedGate(given=SLOW)
        gate.transport.send = None  # type: ignore[method-assign,assignment] # breaks it
        with pytest.raises(TypeError):
            await gate.ready()
        with pytest.raises(TypeError):
            await gate.close()

    play(course)
