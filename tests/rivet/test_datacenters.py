"""Two datacenters, one engine each: what is discovered is what is sent, and a datacenter that is away is waited for."""

from pathlib import Path
from typing import Any

import pytest
from support.enlist_command import EnlistCommand
from support.rivet_engine import Engine, NewEngine

pytestmark = pytest.mark.rivet

NAMES = ("us-west", "eu-north")


@pytest.fixture
def datacenters(idle_engine: Engine, new_engine: NewEngine) -> tuple[Engine, Engine]:
    """Two engines that know of each other and are ready; the command is sent to the first, which leads."""
    leader, other = idle_engine, new_engine()
    other.token = leader.token
    engines = (leader, other)
    known = {
        name: {
            "datacenter_label": label,
            "is_leader": each is leader,
            "public_url": each.url,
            "peer_url": f"http://127.0.0.1:{each.ports.peer}",
            "valid_hosts": ["127.0.0.1"],
        }
        for label, (name, each) in enumerate(zip(NAMES, engines, strict=True), start=1)
    }
    for label, each in enumerate(engines, start=1):
        each.config = {"topology": {"datacenter_label": label, "datacenters": known}}
    # A leader that does not find the others when it starts takes over a second to look again.
    other.launch()
    other.await_port()
    leader.start()
    other.await_ready()
    return engines


def where(pools: dict[str, Any]) -> list[str]:
    """Return the datacenters in which the pool is listed."""
    return sorted(pools["default"]["datacenters"]) if "default" in pools else []


@pytest.mark.usefixtures("datacenters")
def test_the_pool_is_there_in_every_datacenter(
    idle_engine: Engine, enlist: EnlistCommand, example: Path
) -> None:
    ended = enlist.run(example)

    assert ended.status == 0, ended
    assert where(idle_engine.pools()) == sorted(NAMES)


@pytest.mark.usefixtures("datacenters")
def test_named_datacenters_may_stand_in_any_order(
    idle_engine: Engine, enlist: EnlistCommand, static_example: Path
) -> None:
    ended = enlist.run(static_example, RIVET_DATACENTERS="us-west,eu-north")

    assert ended.status == 0, ended
    assert where(idle_engine.pools()) == sorted(NAMES)


def test_a_datacenter_that_is_away_is_waited_for(
    datacenters: tuple[Engine, Engine], enlist: EnlistCommand, example: Path
) -> None:
    leader, other = datacenters
    other.kill()
    running = enlist.start(example)
    running.await_words("upsert #1 unavailable")

    other.start()
    ended = running.finish()

    assert ended.status == 0, ended
    assert ("upsert", 500, "unavailable") in ended.asked
    assert where(leader.pools()) == sorted(NAMES)
