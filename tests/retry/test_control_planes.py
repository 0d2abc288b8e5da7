"""What the answers of fourteen control planes mean: the same status, and other decisions.

Each file in ``control_planes`` is one that people can copy. Its own ``tests:`` state the meanings; the tests
here run them, and add the goodbyes, which a file's tests cannot ask for.

Left out, because this version runs no heartbeat: the 404 that ends a lease with Consul and Eureka (Consul's 500
of older versions, too) and Nacos' inner code 20404. etcd's dead lease stands in the verification instead.
Vault's 412 of a lagging replica has no file of its own; Caddy's 412 states the meaning.
"""

from pathlib import Path

import pytest
from harness import NoFiles, play

from runner.app.test import run_tests
from runner.wiring.test import virtual_world

FOLDER = Path(__file__).parent / "control_planes"
FILES = sorted(FOLDER.glob("*.enlist.yaml"))


class Lines:
    """A console that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def out(self, text: str) -> None:
        """See ``ports.Console``."""
        self.lines.append(text)

    def err(self, text: str) -> None:
        """See ``ports.Console``."""
        self.lines.append(text)


def name_of(path: Path) -> str:
    return path.name.removesuffix(".enlist.yaml")


def test_every_control_plane_has_a_file() -> None:
    """A file that vanishes takes its meanings with it."""
    expected = {
        "caddy",
        "consul",
        "elasticsearch",
        "etcd",
        "eureka",
        "github-runner",
        "grafana",
        "kafka-connect",
        "keycloak",
        "kong",
        "nacos",
        "rabbitmq",
        "rivet",
        "schema-registry",
    }

    assert expected == {name_of(path) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_control_planes_answers_mean_what_its_file_says(path: Path) -> None:
    """The file's own tests pass, whatever chance says."""
    console = Lines()
    files = NoFiles({path.name: path.read_bytes()})
    status = run_tests([path.name], files, console, virtual_world(), seeds=5)

    assert status == 0, "\n".join(console.lines)


GOODBYES = [
    ("consul", "[{status: 200}]"),
    ("consul", "[{status: 404, body: 'Unknown service ID \"web-1\"'}]"),
    ("consul", "[{status: 500, body: 'Unknown service \"web-1\"'}]"),
    ("eureka", "[{status: 404}]"),
    ("kong", "[{status: 204}]"),
    ("kafka-connect", "[{status: 204}]"),
    ("kafka-connect", "[{status: 404, body: {message: Connector orders not found}}]"),
    ("kafka-connect", "[{status: 409, body: {message: rebalance in process}}, {status: 204}]"),
    ("schema-registry", "[{status: 404, body: {error_code: 40401}}]"),
    ("caddy", "[{status: 404, body: {error: unknown object}}]"),
    ("rabbitmq", "[{status: 404}]"),
    ("grafana", "[{status: 404}]"),
    ("elasticsearch", "[{status: 404}]"),
    ("nacos", "[{status: 200, body: ok}]"),
]


@pytest.mark.parametrize(("plane", "given"), GOODBYES)
def test_what_is_gone_already_is_a_good_goodbye(plane: str, given: str) -> None:
    """404 completes a goodbye, whatever else it means before; so do the other ways to say it."""
    text = (FOLDER / f"{plane}.enlist.yaml").read_text()
    states = {str(each.state) for each in play(text, given, undo=True).report.outcomes}

    assert "deregistered" in states
    assert states <= {"deregistered", "skipped"}


@pytest.mark.parametrize("plane", ["consul", "grafana", "rabbitmq"])
def test_a_forbidden_goodbye_is_reported(plane: str) -> None:
    """What we may not remove stays behind, and the exit status says so."""
    text = (FOLDER / f"{plane}.enlist.yaml").read_text()

    assert play(text, "[{status: 403}]", undo=True).report.exit_status == 77
