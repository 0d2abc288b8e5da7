"""An engine that hangs, dies or is never there, and people who lose patience."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.enlist_command import EnlistCommand
from support.recording_proxy import Wire
from support.rivet_app import SilentApp
from support.rivet_engine import Engine

pytestmark = pytest.mark.rivet


def timed(example: Path, folder: Path, *, deadline: str, attempt_timeout: str) -> Path:
    """Copy the example with other times."""
    text = example.read_text(encoding="utf-8")
    for old, new in {
        "default: {deadline: 60s,": f"default: {{deadline: {deadline},",
        "attempt_timeout: 15s": f"attempt_timeout: {attempt_timeout}",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    copy = folder / "timed.enlist.yaml"
    copy.write_text(text, encoding="utf-8")
    return copy


def test_an_engine_that_never_answers_is_given_up_at_the_deadline(
    engine: Engine, enlist: EnlistCommand, example: Path, tmp_path: Path
) -> None:
    engine.freeze()

    ended = enlist.run(timed(example, tmp_path, deadline="3s", attempt_timeout="1s"))

    assert ended.status == 75, ended
    assert ended.outcome["class"] == "unavailable"
    assert ended.outcome["reason"] == "deadline"
    assert 2 < ended.report["elapsed_s"] < 3.5
    assert 2 <= len(ended.asked) <= 3


def test_an_engine_that_wakes_up_gets_the_registration(
    engine: Engine, enlist: EnlistCommand, example: Path, tmp_path: Path
) -> None:
    engine.freeze()
    running = enlist.start(timed(example, tmp_path, deadline="60s", attempt_timeout="500ms"))
    running.await_words("unavailable")

    engine.thaw()
    ended = running.finish()

    assert ended.status == 0, ended
    assert list(engine.pools()) == ["default"]


def test_an_engine_killed_in_the_middle_of_the_put_gets_the_registration_when_it_is_back(
    engine: Engine, enlist: EnlistCommand, example: Path, silent_app: SilentApp
) -> None:
    running = enlist.start(example, PUBLIC_URL=silent_app.url)
    silent_app.await_call(within_s=20)

    engine.kill()
    running.await_words("upsert #1 unavailable")
    engine.start()
    ended = running.finish()

    assert ended.status == 0, ended
    assert ended.asked[:2] == [("discover", 200, None), ("upsert", None, "unavailable")]
    assert ended.outcome["attempts"][1]["processed"] == "maybe"
    assert engine.pools()["default"]["datacenters"]["default"]["serverless"]["url"] == silent_app.url


def test_an_engine_restarted_in_the_middle_of_the_put_gets_the_registration(
    engine: Engine, enlist: EnlistCommand, example: Path, silent_app: SilentApp
) -> None:
    running = enlist.start(example, PUBLIC_URL=silent_app.url)
    silent_app.await_call(within_s=20)

    engine.restart()
    ended = running.finish()

    assert ended.status == 0, ended
    assert list(engine.pools()) == ["default"]


def test_an_engine_paused_in_the_middle_of_the_put_gets_the_registration_when_it_goes_on(
    engine: Engine, enlist: EnlistCommand, example: Path, silent_app: SilentApp, tmp_path: Path
) -> None:
    impatient = timed(example, tmp_path, deadline="60s", attempt_timeout="1s")
    running = enlist.start(impatient, PUBLIC_URL=silent_app.url)
    silent_app.await_call(within_s=20)

    engine.freeze()
    running.await_words("upsert #1 unavailable")
    engine.thaw()
    ended = running.finish()

    assert ended.status == 0, ended
    assert engine.pools()["default"]["datacenters"]["default"]["serverless"]["url"] == silent_app.url


def test_an_answer_that_a_proxy_cuts_is_asked_for_again(
    engine: Engine, wire: Wire, enlist: EnlistCommand, example: Path
) -> None:
    wire.cuts.add("PUT")

    ended = enlist.run(example, RIVET_ENDPOINT=wire.url)

    assert ended.status == 0, ended
    assert ended.asked[1] == ("upsert", None, "unavailable")
    assert [each.method for each in wire.passed].count("PUT") == 2
    assert list(engine.pools()) == ["default"]


def test_verification_finds_the_truth_where_a_request_must_not_be_repeated(
    engine: Engine, wire: Wire, enlist: EnlistCommand, example: Path, tmp_path: Path
) -> None:
    wire.cuts.add("PUT")
    text = example.read_text(encoding="utf-8")
    assert text.count("          method: PUT\n") == 1
    once = tmp_path / "once.enlist.yaml"
    once.write_text(
        text.replace("          method: PUT\n", "          method: PUT\n          idempotent: false\n")
    )

    ended = enlist.run(once, RIVET_ENDPOINT=wire.url)

    assert ended.status == 0, ended
    assert ended.outcome["outcome"] == "registered"
    assert [each.method for each in wire.passed].count("PUT") == 1
    assert list(engine.pools()) == ["default"]


def test_verification_finds_the_truth_where_nothing_was_registered(
    engine: Engine, wire: Wire, enlist: EnlistCommand, example: Path, tmp_path: Path
) -> None:
    wire.cuts.add("PUT")
    text = example.read_text(encoding="utf-8")
    once = timed(example, tmp_path, deadline="3s", attempt_timeout="1s")
    text = once.read_text(encoding="utf-8")
    # A PUT to another pool than the one that is looked for: the answer is cut, and the look finds nothing.
    text = text.replace("          method: PUT\n", "          method: PUT\n          idempotent: false\n")
    text = text.replace('path: "/runner-configs/${var.pool}"', "path: /runner-configs/another", 1)
    once.write_text(text, encoding="utf-8")

    ended = enlist.run(once, RIVET_ENDPOINT=wire.url)

    assert ended.status == 75, ended
    assert (ended.outcome["outcome"], ended.outcome["reason"]) == ("failed", "verify")
    assert list(engine.pools()) == ["another"]


def test_a_service_that_does_not_answer_the_engine_is_registered_all_the_same(
    engine: Engine, enlist: EnlistCommand, example: Path, silent_app: SilentApp
) -> None:
    ended = enlist.run(example, PUBLIC_URL=silent_app.url)

    assert ended.status == 0, ended
    # One PUT that took the ten seconds which the engine gives a service, and none that was given up before.
    assert [each[0] for each in ended.asked] == ["discover", "upsert", "verify"]
    assert list(engine.pools()) == ["default"]


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143)],
    ids=["ctrl-c", "an orchestrator"],
)
def test_an_interruption_while_it_waits_ends_it_at_once_with_what_happened_so_far(
    idle_engine: Engine,
    enlist: EnlistCommand,
    example: Path,
    number: signal.Signals,
    status: int,
    measured: Callable[[str, object], None],
) -> None:
    running = enlist.start(example, RIVET_ENDPOINT=idle_engine.url)
    running.await_words("unreachable")

    seconds = running.send(number)
    ended = running.finish()

    assert ended.status == status, ended
    assert seconds < 1
    measured("seconds from signal to exit", round(seconds, 3))
    assert "cancelled pool" in ended.err
    assert ended.report["interrupted"] is True
    assert ended.outcome["outcome"] == "cancelled"
    assert ended.outcome["attempts"]


def test_an_interruption_while_the_engine_is_silent_ends_it_at_once(
    engine: Engine,
    enlist: EnlistCommand,
    example: Path,
    silent_app: SilentApp,
    measured: Callable[[str, object], None],
) -> None:
    running = enlist.start(example, PUBLIC_URL=silent_app.url)
    silent_app.await_call(within_s=20)

    seconds = running.send(signal.SIGINT)
    ended = running.finish()

    assert ended.status == 130, ended
    assert seconds < 1
    measured("seconds from signal to exit", round(seconds, 3))
    # The PUT was on its way, and so nobody can say whether the pool is there.
    assert ended.outcome["outcome"] == "unknown"
    assert list(engine.pools()) == ["default"]
