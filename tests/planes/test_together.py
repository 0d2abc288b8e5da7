"""Recipes that go together, on the real server."""

import json
import subprocess
from pathlib import Path

import pytest
from support.npm_install import installed_or_skipped
from support.plane_server import Server
from support.planes import RIVET
from support.process import COMMAND

pytestmark = pytest.mark.planes


def test_a_namespace_of_rivet_comes_before_the_pool_in_it_and_a_second_run_finds_both(tmp_path: Path) -> None:
    installed_or_skipped(RIVET.install, "RIVET")
    server = Server(RIVET, tmp_path / "engine")
    pool = {
        "use": "rivet/serverless-pool",
        "needs": ["namespace"],
        "with": {"url": "http://127.0.0.1:9", "namespace": "prod"},
    }
    file = {
        "version": 1,
        "endpoints": {"engine": {"url": server.url, **RIVET.endpoint}},
        "registrations": {"pool": pool, "namespace": {"use": "rivet/namespace", "with": {"name": "prod"}}},
    }
    (tmp_path / "enlist.yaml").write_text(json.dumps(file), encoding="utf-8")
    server.launch()
    try:
        server.await_ready()
        said = [
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
        pools = server.ask("GET", "/runner-configs?namespace=prod&limit=500").body["runner_configs"]
    finally:
        server.kill()

    assert [each.returncode for each in said] == [0, 0], said
    assert "namespace: already_registered after 2 requests" in said[1].stderr
    assert list(pools) == ["default"]
