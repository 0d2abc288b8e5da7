"""What the example does to a real engine: the pool as the engine lists it, and the requests on the wire."""

from pathlib import Path
from typing import Any

import pytest
from support.enlist_command import EnlistCommand
from support.recording_proxy import Wire
from support.rivet_engine import Engine

pytestmark = pytest.mark.rivet


def body_of_rivetkit(url: str, token: str) -> dict[str, Any]:
    """What rivetkit 2.3.19 was recorded to send for one datacenter, with a grace period that is set."""
    return {
        "datacenters": {
            "default": {
                "serverless": {
                    "url": url,
                    "headers": {"x-rivet-token": token},
                    "request_lifespan": 3600,
                    "drain_grace_period": 1800,
                    "metadata_poll_interval": 1000,
                    "max_runners": 100000,
                    "min_runners": 0,
                    "runners_margin": 0,
                    "slots_per_runner": 1,
                },
                "metadata": {},
                "drain_on_version_upgrade": True,
            }
        }
    }


def test_the_pool_is_there_with_the_declared_fields(
    engine: Engine, enlist: EnlistCommand, example: Path, app_url: str
) -> None:
    ended = enlist.run(
        example, PUBLIC_URL=app_url, RIVET_POOL="gpu workers", REQUEST_LIFESPAN="300", DRAIN_GRACE_PERIOD="30"
    )

    assert ended.status == 0, ended
    assert ended.outcome["outcome"] == "registered"
    pools = engine.pools()
    assert list(pools) == ["gpu workers"]
    pool = pools["gpu workers"]["datacenters"]["default"]
    sent = body_of_rivetkit(app_url, engine.token)["datacenters"]["default"]
    # The engine lists the switch inside `serverless` that it takes beside it.
    declared = sent["serverless"] | {"drain_on_version_upgrade": True}
    declared |= {"request_lifespan": 300, "drain_grace_period": 30}
    assert declared.items() <= pool["serverless"].items()
    assert pool["metadata"] == {}
    # It has a protocol version only where the engine has called the service and understood it.
    assert pool["protocol_version"] == 8


def test_three_requests_go_out_and_the_body_is_that_of_rivetkit(
    engine: Engine, enlist: EnlistCommand, example: Path, app_url: str, wire: Wire
) -> None:
    ended = enlist.run(example, RIVET_ENDPOINT=wire.url, PUBLIC_URL=app_url)

    assert ended.status == 0, ended
    assert wire.requests == ["GET /datacenters", "PUT /runner-configs/default", "GET /runner-configs"]
    discover, upsert, verify = wire.passed
    assert discover.query == upsert.query == {"namespace": "default"}
    assert verify.query == {"namespace": "default", "limit": "500"}
    assert {each.headers["authorization"] for each in wire.passed} == {f"Bearer {engine.token}"}
    assert upsert.headers["content-type"] == "application/json"
    assert upsert.document == body_of_rivetkit(app_url, engine.token)


def test_the_report_names_the_request_ids_of_the_engine(
    engine: Engine, enlist: EnlistCommand, example: Path
) -> None:
    ended = enlist.run(example)

    ids = [each["request_id"] for each in ended.outcome["attempts"]]
    assert len(set(ids)) == 3
    assert all(ids)
    assert engine.pools()


def test_registering_again_is_a_success_and_changes_nothing(
    engine: Engine, enlist: EnlistCommand, example: Path
) -> None:
    assert enlist.run(example).status == 0
    before = engine.pools()

    again = enlist.run(example)

    assert again.status == 0, again
    assert len(again.asked) == 3
    assert engine.pools() == before


def test_a_new_url_is_not_mistaken_for_the_old_registration(
    engine: Engine, enlist: EnlistCommand, example: Path, app_url: str
) -> None:
    assert enlist.run(example).status == 0

    again = enlist.run(example, PUBLIC_URL=app_url)

    assert again.status == 0, again
    assert engine.pools()["default"]["datacenters"]["default"]["serverless"]["url"] == app_url


@pytest.mark.parametrize(
    "url",
    ["http://App.Example:80", "https://app.example/api/rivet/?x=1&y=%20", "http://[::1]:3000/%C3%A9"],
)
def test_the_engine_keeps_a_url_as_it_was_given(
    engine: Engine, enlist: EnlistCommand, example: Path, url: str
) -> None:
    # The example's verification compares the two, so a URL that the engine rewrote would never be confirmed.
    ended = enlist.run(example, PUBLIC_URL=url)

    assert ended.status == 0, ended
    assert engine.pools()["default"]["datacenters"]["default"]["serverless"]["url"] == url


def test_it_is_found_behind_a_hundred_other_pools(
    engine: Engine, enlist: EnlistCommand, example: Path
) -> None:
    for number in range(110):
        engine.put_pool(f"a{number}")

    ended = enlist.run(example, RIVET_POOL="zz")

    assert ended.status == 0, ended
    assert len(ended.asked) == 3
    assert len(engine.pools()) == 111


def test_named_datacenters_take_the_place_of_discovery(
    engine: Engine, enlist: EnlistCommand, static_example: Path, app_url: str, wire: Wire
) -> None:
    ended = enlist.run(static_example, RIVET_ENDPOINT=wire.url, PUBLIC_URL=app_url)

    assert ended.status == 0, ended
    assert wire.requests == ["PUT /runner-configs/default", "GET /runner-configs"]
    assert wire.passed[0].document == body_of_rivetkit(app_url, engine.token)
    assert list(engine.pools()["default"]["datacenters"]) == ["default"]


def test_a_datacenter_that_does_not_exist_is_refused_at_once(
    engine: Engine, enlist: EnlistCommand, static_example: Path, wire: Wire
) -> None:
    ended = enlist.run(static_example, RIVET_ENDPOINT=wire.url, RIVET_DATACENTERS="default,mars")

    assert ended.status == 76, ended
    assert wire.requests == ["PUT /runner-configs/default"]
    assert "The provided datacenter does not exist" in ended.err
    assert "check RIVET_DATACENTERS" in ended.err
    assert engine.pools() == {}


def test_no_named_datacenter_removes_no_pool(
    engine: Engine, enlist: EnlistCommand, static_example: Path
) -> None:
    assert enlist.run(static_example).status == 0

    ended = enlist.run(static_example, RIVET_DATACENTERS="")

    assert ended.status != 0, ended
    assert list(engine.pools()) == ["default"]


def test_deregister_removes_the_pool_and_can_be_repeated(
    engine: Engine, enlist: EnlistCommand, example: Path, wire: Wire
) -> None:
    assert enlist.run(example).status == 0
    assert engine.pools()

    first = enlist.run(example, command="deregister", RIVET_ENDPOINT=wire.url)
    pools = engine.pools()
    again = enlist.run(example, command="deregister", RIVET_ENDPOINT=wire.url)

    assert (first.status, again.status) == (0, 0), f"{first}\n{again}"
    assert first.outcome["outcome"] == "deregistered"
    assert pools == {}
    assert wire.requests == ["DELETE /runner-configs/default"] * 2
