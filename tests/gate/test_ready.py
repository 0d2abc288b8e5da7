"""``Gate.ready``: one registration for all who wait, and a failure that is not remembered for ever."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from support.scripted_gate import BEATING, FILE, PROMPT, SLOW, TWO, ScriptedGate

from runner import NotRegistered
from runner.adapters.virtual.loop import run_virtually

REFUSED = "[{status: 400}]"
BUSY_THEN_WELL = "[{status: 503}, {status: 200}]"
REFUSED_THEN_WELL = "[{status: 400}, {status: 200}]"


async def failure(gate: ScriptedGate) -> NotRegistered:
    with pytest.raises(NotRegistered) as failed:
        await gate.ready()
    return failed.value


def play(course: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await course()

    run_virtually(main())


def now_s() -> float:
    return asyncio.get_running_loop().time()


def test_many_callers_share_one_registration() -> None:
    async def course() -> None:
        gate = ScriptedGate(given=SLOW)
        reports = await asyncio.gather(*(gate.ready() for _ in range(100)))

        assert gate.steps == ["register"]
        assert {report.exit_status for report in reports} == {0}
        assert now_s() == 3

    play(course)


def test_a_caller_that_is_cancelled_takes_nothing_from_the_others() -> None:
    async def course() -> None:
        gate = ScriptedGate(given=SLOW)
        impatient, patient = asyncio.create_task(gate.ready()), asyncio.create_task(gate.ready())
        await asyncio.sleep(1)
        impatient.cancel()

        assert (await patient).exit_status == 0
        assert impatient.cancelled()
        assert len(gate.sent) == 1

    play(course)


def test_even_the_only_caller_that_is_cancelled_leaves_the_registration_going_on() -> None:
    async def course() -> None:
        gate = ScriptedGate(given=SLOW)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await gate.ready()
        await asyncio.sleep(2.5)

        assert gate.is_ready
        assert len(gate.sent) == 1

    play(course)


def test_once_registered_a_call_returns_at_once_and_sends_nothing() -> None:
    async def course() -> None:
        gate = ScriptedGate()
        first = await gate.ready()

        assert await gate.ready() is first is gate.report()
        assert len(gate.sent) == 1

    play(course)


def test_a_failure_reaches_all_who_wait() -> None:
    async def course() -> None:
        gate = ScriptedGate(given="[{status: 400, latency: 2s}]")
        failures = await asyncio.gather(*(failure(gate) for _ in range(10)))

        assert len(failures) == 10
        assert len(gate.sent) == 1
        assert not gate.is_ready

    play(course)


def test_a_failure_says_cause_place_and_whether_restarting_helps() -> None:
    async def course() -> None:
        refused = await failure(ScriptedGate(given=REFUSED))
        busy = await failure(ScriptedGate(given="[{status: 503}]"))

        assert str(refused) == (
            "enlist.yaml:5:3 registrations.web: rejected (answered 400 Bad Request); restarting will not help"
        )
        assert str(busy).endswith("(answered 503 Service Unavailable); restarting may help")
        assert refused.report is not None
        assert refused.report.exit_status == 76

    play(course)


def test_after_a_transient_failure_the_next_call_tries_again_at_once() -> None:
    async def course() -> None:
        gate = ScriptedGate(given=BUSY_THEN_WELL)
        await failure(gate)

        assert (await gate.ready()).exit_status == 0
        assert gate.sent == [(0, "register"), (0, "register")]

    play(course)


def test_a_refusal_is_remembered_for_five_seconds_and_no_longer() -> None:
    async def course() -> None:
        gate = ScriptedGate(given=REFUSED_THEN_WELL)
        first = await failure(gate)
        await asyncio.sleep(4.9)
        again = await failure(gate)

        assert (str(again), len(gate.sent)) == (str(first), 1)
        await asyncio.sleep(0.2)
        assert (await gate.ready()).exit_status == 0
        assert len(gate.sent) == 2

    play(course)


def test_a_server_that_asks_us_to_stay_away_is_left_alone_for_so_long() -> None:
    async def course() -> None:
        text = FILE.replace("attempts: 1", "attempts: 9")
        gate = ScriptedGate(text, '[{status: 429, headers: {Retry-After: "120"}}, {status: 200}]')
        await failure(gate)
        await asyncio.sleep(119)
        await failure(gate)

        assert len(gate.sent) == 1
        await asyncio.sleep(2)
        assert (await gate.ready()).exit_status == 0

    play(course)


def test_a_try_takes_the_values_of_its_time() -> None:
    async def course() -> None:
        text = FILE.replace("/services/web}", '/services/web, query: {key: "${var.key}"}}', 1)
        text += "variables: {key: {env: KEY}}\n"
        gate = ScriptedGate(text, BUSY_THEN_WELL, {"KEY": "old"})
        await failure(gate)
        gate.environment["KEY"] = "new"
        await gate.ready()

        assert [str(each.request.url).partition("?")[2] for each in gate.transport.sent] == [
            "key=old",
            "key=new",
        ]

    play(course)


def test_what_stands_is_not_registered_again_with_what_has_failed() -> None:
    async def course() -> None:
        gate = ScriptedGate(TWO, "[{status: 200}, {status: 503}, {status: 200}]")
        await failure(gate)
        await gate.ready()
        paths = [str(each.request.url) for each in gate.transport.sent]

        assert sorted(paths) == [
            "http://plane/services/db",
            "http://plane/services/db",
            "http://plane/services/web",
        ]

    play(course)


def test_an_optional_registration_that_fails_closes_nothing() -> None:
    async def course() -> None:
        gate = ScriptedGate(
            TWO.replace("  db:\n", "  db:\n    required: false\n"), "[{status: 200}, {status: 400}]"
        )

        assert (await gate.ready()).exit_status == 0
        assert gate.is_ready

    play(course)


def test_a_beat_that_finds_us_forgotten_registers_again() -> None:
    async def course() -> None:
        gate = ScriptedGate(
            BEATING,
            "[{step: register, status: 200, times: 9}, {step: heartbeat, status: 200}, "
            "{step: heartbeat, status: 404}, {step: heartbeat, status: 200}]",
        )
        await gate.ready()
        await asyncio.sleep(25)

        assert gate.sent == [
            (0, "register"), (0, "heartbeat"), (10, "heartbeat"), (10, "register"), (10, "heartbeat"),
            (20, "heartbeat"),
        ]  # fmt: skip
        assert gate.is_ready
        await gate.close()

    play(course)


def test_who_calls_while_we_are_registered_again_waits_for_that() -> None:
    async def course() -> None:
        gate = ScriptedGate(
            BEATING,
            "[{step: register, status: 200}, {step: heartbeat, status: 404}, "
            "{step: register, status: 200, latency: 2s}, {step: heartbeat, status: 200}]",
        )
        await gate.ready()
        await asyncio.sleep(1)

        assert not gate.is_ready
        assert (await gate.ready()).exit_status == 0
        assert now_s() == 2
        assert gate.steps[:3] == ["register", "heartbeat", "register"]
        await gate.close()

    play(course)


def test_beats_that_are_refused_close_the_gate_until_one_is_taken() -> None:
    async def course() -> None:
        gate = ScriptedGate(
            BEATING,
            "[{step: register, status: 200, times: 9}, {step: heartbeat, status: 403, times: 3}, "
            "{step: heartbeat, status: 200}]",
        )
        await gate.ready()
        await asyncio.sleep(15)
        assert gate.is_ready
        await asyncio.sleep(10)

        assert not gate.is_ready
        assert (await gate.ready()).exit_status == 0
        assert now_s() == 30
        await gate.close()

    play(course)


def test_retry_later_of_the_file_tries_again_without_being_asked() -> None:
    async def course() -> None:
        text = FILE + "lifecycle: {on_failure: keep_running, retry_later: 20s}\n"
        gate = ScriptedGate(text, BUSY_THEN_WELL)
        await failure(gate)
        await asyncio.sleep(21)

        assert gate.is_ready
        assert gate.sent == [(0, "register"), (20, "register")]

    play(course)


def test_a_try_that_came_by_itself_is_not_followed_by_one_that_was_asked_for_meanwhile() -> None:
    async def course() -> None:
        text = FILE + "lifecycle: {on_failure: keep_running, retry_later: 20s}\n"
        gate = ScriptedGate(text, "[{status: 503}, {status: 503, latency: 5s, times: 9}]")
        await failure(gate)
        await asyncio.sleep(22)
        await failure(gate)
        await asyncio.sleep(10)

        assert gate.sent == [(0, "register"), (20, "register")]

    play(course)


def test_the_readiness_of_the_file_is_not_waited_for() -> None:
    async def course() -> None:
        gate = ScriptedGate(FILE + 'lifecycle: {ready: {tcp: "127.0.0.1:1"}}\n', PROMPT)

        assert (await gate.ready()).exit_status == 0

    play(course)
