"""What the answers of fourteen control planes mean: the same status, and other decisions.

Each file in ``control_planes`` is one that people can copy. Its own ``tests:`` state the meanings; the tests
here run them, and add the deregistrations and the heartbeats, which a file's tests cannot ask for.

Vault's 412 of a lagging replica has no file of its own; Caddy's 412 states the meaning.
"""

from pathlib import Path

import pytest
from support.harness import NoFiles, play
from support.staying import stay

from runner.commands.test import Options, run_tests

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
    status = run_tests([path.name], files, console, Options(seeds=5))

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
def test_what_is_gone_already_is_deregistered_well(plane: str, given: str) -> None:
    """404 completes a deregistration, whatever else it means before; so do the other ways to say it."""
    text = (FOLDER / f"{plane}.enlist.yaml").read_text()
    states = {str(each.state) for each in play(text, given, undo=True).report.outcomes}

    assert "deregistered" in states
    assert states <= {"deregistered", "skipped"}


FORGOTTEN = [
    ("consul", "{status: 404, body: 'Unknown check ID \"web-1-ttl\"'}", "service"),
    ("consul", "{status: 500, body: 'CheckID \"web-1-ttl\" does not have associated TTL'}", "service"),
    ("consul", "{status: 500, body: 'Unknown check \"web-1-ttl\"'}", "service"),
    ("eureka", "{status: 404}", "register"),
    ("etcd", "{step: alive, status: 200, body: {result: {ID: '7587'}}}", "grant"),
    ("etcd", "{step: key, status: 200, body: {count: '1', kvs: [{lease: '1'}]}}", "grant"),
    ("etcd", "{step: key, status: 200, body: {}}", "grant"),
    ("nacos", "{status: 200, body: {code: 20404}}", "register"),
]
WELL = """\
{step: leader, body: '"10.0.0.1:8300"'}, {step: service}, {step: grant, body: {ID: '7587'}}, {step: put, body: {}},
 {step: verify, body: {Service: {ID: web-1}, kvs: [{lease: '7587'}]}}, {step: deregister}"""
KEPT = "{step: heartbeat}, {step: alive, body: {result: {TTL: '30'}}}, {step: key, body: {kvs: [{lease: '7587'}]}}"


@pytest.mark.parametrize(("plane", "answer", "first"), FORGOTTEN)
def test_a_heartbeat_that_is_no_longer_known_registers_again(plane: str, answer: str, first: str) -> None:
    """Each control plane has its own words for it, a 200 and a 500 among them."""
    text = (FOLDER / f"{plane}.enlist.yaml").read_text()
    status = 204 if plane == "eureka" else 200
    register = f"{{step: register, status: {status}, body: ok}}"
    refused = answer if "step: " in answer else answer.replace("{", "{step: heartbeat, ", 1)
    beats = f"{refused}, {KEPT}"
    stayed = stay(text, f"[{WELL}, {register}, {beats}]", leave_at_s=100)

    assert stayed.steps().count(first) == 2
    assert stayed.outcome.state == "deregistered"
    assert [report.exit_status for _, report in stayed.told.verdicts] == [0]


@pytest.mark.parametrize("plane", ["consul", "eureka", "etcd", "nacos"])
def test_an_outage_of_an_hour_costs_a_registration_nothing(plane: str) -> None:
    """The heartbeats go on at their cadence, and nothing is registered again unless it was forgotten."""
    text = (FOLDER / f"{plane}.enlist.yaml").read_text()
    register = f"{{step: register, status: {204 if plane == 'eureka' else 200}, body: ok}}"
    first = "alive" if plane == "etcd" else "heartbeat"
    beats = f"{{step: {first}, error: connect-refused, for: 3600s}}, {KEPT}"
    stayed = stay(text, f"[{WELL}, {register}, {beats}]", leave_at_s=4000)
    registering = {step for step in stayed.steps() if step in {"register", "service", "grant"}}

    assert [stayed.steps().count(step) for step in registering] == [1]
    assert [report.exit_status for _, report in stayed.told.verdicts] == [0]


@pytest.mark.parametrize("plane", ["consul", "grafana", "rabbitmq"])
def test_a_forbidden_deregistration_is_reported(plane: str) -> None:
    """What we may not remove stays behind, and the exit status says so."""
    text = (FOLDER / f"{plane}.enlist.yaml").read_text()

    assert play(text, "[{status: 403}]", undo=True).report.exit_status == 77
