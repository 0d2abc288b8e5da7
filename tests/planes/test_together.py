"""Recipes that go together, on the real server: what one needs, another has made before, and a second run finds both."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.plane_server import Plane, Server
from support.planes import RABBITMQ, RIVET
from support.process import COMMAND

pytestmark = pytest.mark.planes

STORIES: dict[str, tuple[Plane, Mapping[str, Any], Callable[[Server], object], str]] = {
    "a namespace of Rivet and a pool in it": (
        RIVET,
        {
            "pool": {
                "use": "rivet/serverless-pool",
                "needs": ["first"],
                "with": {"url": "http://127.0.0.1:9", "namespace": "prod"},
            },
            "first": {"use": "rivet/namespace", "with": {"name": "prod"}},
        },
        lambda server: list(
            server.ask("GET", "/runner-configs?namespace=prod&limit=500").body["runner_configs"]
        ),
        "['default']",
    ),
    "a virtual host of RabbitMQ and a queue in it": (
        RABBITMQ,
        {
            "queue": {
                "use": "rabbitmq/queue",
                "needs": ["first"],
                "with": {"queue": "orders", "vhost": "shop/eu"},
            },
            "first": {"use": "rabbitmq/vhost", "with": {"vhost": "shop/eu"}},
        },
        lambda server: server.ask("GET", "/api/queues/shop%2Feu/orders").body["type"],
        "quorum",
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_one_needs_the_other_has_made_before(
    name: str, tmp_path: Path, installed: Callable[[Plane], None]
) -> None:
    plane, registrations, look, there = STORIES[name]
    installed(plane)
    server = Server(plane, tmp_path / "server")
    file = {
        "version": 1,
        "endpoints": {"plane": {"url": server.url, **plane.endpoint}},
        "registrations": registrations,
    }
    (tmp_path / "enlist.yaml").write_text(json.dumps(file), encoding="utf-8")
    server.launch()
    try:
        server.await_ready()
        ended = [
            subprocess.run(
                [COMMAND, "run", "--plain"],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            for _ in range(2)
        ]
        seen = look(server)
    finally:
        server.kill()

    assert [each.returncode for each in ended] == [0, 0], ended
    assert str(seen) == there
