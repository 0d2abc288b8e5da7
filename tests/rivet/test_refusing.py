"""What the engine refuses for good: few requests, its own words, and an exit status that says so."""

from pathlib import Path

import pytest
from support.enlist_command import EnlistCommand
from support.recording_proxy import Wire
from support.rivet_engine import Engine

pytestmark = pytest.mark.rivet


def test_an_unknown_namespace_ends_within_five_seconds_with_the_engines_words(
    engine: Engine, enlist: EnlistCommand, example: Path
) -> None:
    ended = enlist.run(example, RIVET_NAMESPACE="nowhere")

    assert ended.status == 76, ended
    assert ended.report["elapsed_s"] < 5
    assert ended.outcome["class"] == "still-booting"
    assert ended.outcome["reason"] == "deadline"
    assert "The namespace does not exist." in ended.err
    assert "hint: the namespace does not exist; check RIVET_NAMESPACE" in ended.err
    assert engine.pools() == {}


def test_a_namespace_that_is_created_meanwhile_gets_the_registration(
    engine: Engine, enlist: EnlistCommand, example: Path
) -> None:
    running = enlist.start(example, RIVET_NAMESPACE="prod")
    running.await_words("still-booting")

    engine.create_namespace("prod")
    ended = running.finish()

    assert ended.status == 0, ended
    assert list(engine.pools("prod")) == ["default"]
    assert ("upsert", 400, "still-booting") in ended.asked


def test_a_wrong_token_is_denied_with_the_first_request(
    engine: Engine, enlist: EnlistCommand, example: Path, wire: Wire
) -> None:
    wrong = "wrong-" + engine.token[::-1]

    ended = enlist.run(example, RIVET_ENDPOINT=wire.url, RIVET_TOKEN=wrong)

    assert ended.status == 77, ended
    assert wire.requests == ["GET /datacenters"]
    assert ended.outcome["class"] == "denied"
    assert "Invalid token" in ended.err


def test_a_grace_period_that_is_not_below_the_lifespan_is_refused_with_the_first_put(
    engine: Engine, enlist: EnlistCommand, example: Path, wire: Wire
) -> None:
    ended = enlist.run(example, RIVET_ENDPOINT=wire.url, REQUEST_LIFESPAN="900")

    assert ended.status == 76, ended
    assert wire.requests == ["GET /datacenters", "PUT /runner-configs/default"]
    assert ended.outcome["class"] == "rejected"
    assert "`drain_grace_period` must be less than `request_lifespan`" in ended.err
    assert engine.pools() == {}


@pytest.mark.parametrize(
    "options", [(), ("--log-level", "debug"), ("--log-format", "json", "--log-level", "debug")]
)
@pytest.mark.parametrize("namespace", ["default", "nowhere"])
def test_no_output_shows_the_token(
    engine: Engine, enlist: EnlistCommand, example: Path, options: tuple[str, ...], namespace: str
) -> None:
    ended = enlist.run(example, *options, RIVET_NAMESPACE=namespace)

    assert ended.report["exit_status"] == ended.status
    assert ended.err
    # Looked for after every run of these tests, and here in every form of the log.
    assert engine.token not in ended.out + ended.err + ended.report_text
