"""``enlist simulate``: sessions of production against a model of a server, and what is told of them."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from runner.cli import main
from runner.commands import fleet
from runner.config.scenarios import our_scenario, our_scenarios

FILE = """
version: 1
endpoints: {engine: {url: "http://10.0.0.1"}}
retry_policies: {default: {deadline: 60s, attempts: unlimited}}
registrations:
  web:
    request: {method: PUT, path: /web}
    heartbeat: {every: 5s, request: {method: PUT, path: /beat}}
tests:
  - {name: it is refused, given: [{status: 403}], then: {outcome: failed}}
  - {name: it works, given: [{status: 503, times: 1}, {status: 201}], then: {outcome: registered}}
"""
SCENARIO = "version: 1\ntitle: it\nserver: {capacity: 10, queue: 500, typical: 1ms, slow: 1ms}\n"


class Simulate:
    """Runs the command on a file and a scenario."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys
        self.file = FILE

    def __call__(self, scenario: str, *options: str, status: int = 0) -> tuple[str, str]:
        """Return both streams."""
        (self._folder / "enlist.yaml").write_text(self.file, encoding="utf-8")
        if ":" in scenario:
            (self._folder / "it.scenario.yaml").write_text(scenario, encoding="utf-8")
            scenario = "it.scenario.yaml"
        assert main(["simulate", "--scenario", scenario, *options]) == status
        printed = self._capsys.readouterr()
        return printed.out, printed.err

    def figures(self, scenario: str, *options: str) -> dict[str, Any]:
        """Return the figures."""
        document: dict[str, Any] = json.loads(self(scenario, "--format", "json", *options)[0])
        return document


@pytest.fixture
def simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Simulate:
    monkeypatch.chdir(tmp_path)
    return Simulate(tmp_path, capsys)


def test_a_server_that_only_serves_is_done_when_capacity_says(simulate: Simulate) -> None:
    found = simulate.figures(SCENARIO, "--fleet", "50")

    assert (found["registered"], found["requests"], found["retries"]) == (50, 50, 0)
    assert found["all_registered_s"] == pytest.approx(5.0, abs=0.01)
    assert found["ideal_s"] == pytest.approx(5.0, abs=0.1)
    assert found["took"]["p50_s"] == pytest.approx(2.5, abs=0.01)


def test_nobody_registers_in_an_outage_and_all_do_after_it(simulate: Simulate) -> None:
    found = simulate.figures(f"{SCENARIO}events: [{{what: outage, until: 20s}}]\n", "--fleet", "20")

    assert found["registered"] == 20
    assert 20.0 < found["took"]["p50_s"] < 30.0
    assert found["retries"] == found["refused"] == found["requests"] - 20


def test_an_outage_longer_than_the_deadline_fails_with_the_class_that_a_run_would_name(
    simulate: Simulate,
) -> None:
    found = simulate.figures(f"{SCENARIO}events: [{{what: outage}}]\n", "--fleet", "5")

    assert found["others"] == [
        {"containers": 5, "state": "failed", "class_name": "unreachable", "reason": "deadline"}
    ]
    assert (found["ideal_s"], found["all_registered_s"]) == (None, None)


def test_retry_after_is_kept_to(simulate: Simulate) -> None:
    limited = f"{SCENARIO}events: [{{what: rate_limit, capacity: 5, retry_after: 10s}}]\n"

    load = simulate.figures(limited, "--fleet", "10")["load"]

    assert load[0] == 10
    assert sum(load[1:10]) == 0
    assert sum(load[10:]) >= 5


def test_a_fleet_that_was_forgotten_registers_anew(simulate: Simulate) -> None:
    scenario = f"{SCENARIO}events: [{{what: forget, after: 12s}}]\nuntil: 30s\n"

    found = simulate.figures(scenario, "--fleet", "3")

    assert (found["registered"], found["lost"], found["lasted_s"]) == (3, 0, 30.0)
    # For each: 1 registration, 7 or so beats, of which one is refused; then 1 more registration with its beat.
    assert 3 * 8 <= found["requests"] <= 3 * 10


def test_beats_that_are_refused_lose_it(simulate: Simulate) -> None:
    scenario = f"{SCENARIO}events: [{{what: forget, after: 12s}}]\nuntil: 60s\nforgotten: {{status: 403}}\n"

    assert simulate.figures(scenario, "--fleet", "3")["lost"] == 3


def test_answers_that_are_lost_cost_the_server_work(simulate: Simulate) -> None:
    scenario = f"{SCENARIO}events: [{{what: lost_answers, share: 0.5}}]\n"

    found = simulate.figures(scenario, "--fleet", "50")

    assert found["registered"] == 50
    assert found["wasted"] == found["retries"] == found["requests"] - 50 > 20


def test_the_same_seed_gives_the_same_to_the_byte_and_another_another(simulate: Simulate) -> None:
    one, _ = simulate("outage-30s", "--fleet", "20")

    assert simulate("outage-30s", "--fleet", "20")[0] == one
    assert simulate("outage-30s", "--fleet", "20", "--seed", "1")[0] != one


def test_a_herd_is_told_by_its_numbers_and_splay_mends_it(simulate: Simulate) -> None:
    out, _ = simulate(SCENARIO, "--fleet", "50")
    assert "advice: 50 requests come in the first second, 5 times what is served; lifecycle.splay: 5s" in out

    simulate.file = f"{FILE}lifecycle: {{splay: 5s}}\n"
    out, _ = simulate(SCENARIO, "--fleet", "50")
    assert "advice" not in out


def test_the_table_says_what_an_operator_asks(simulate: Simulate) -> None:
    out, _ = simulate("brownout", "--fleet", "20")

    assert out.startswith("enlist.yaml: 20 containers meet brownout: ")
    for row in ("registered", "time to registered", "requests", "peak", "refused", "served in vain"):
        assert f"\n  {row} " in out


def test_an_interruption_prints_what_there_is(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    meet, met = fleet._World.meet, []

    def interrupted(*arguments: Any) -> Any:
        met.append(arguments)
        if len(met) == 30:
            signal.raise_signal(signal.SIGINT)
        return meet(*arguments)

    monkeypatch.setattr(fleet._World, "meet", interrupted)
    out, err = simulate("outage-30s", "--fleet", "10", status=130)

    assert "10 registering" in out
    assert "interrupted after" in err


def test_steps_without_an_answer_in_a_test_are_answered_200(simulate: Simulate) -> None:
    simulate.file = FILE[: FILE.index("tests:")]

    assert simulate.figures(SCENARIO, "--fleet", "5")["registered"] == 5


@pytest.mark.parametrize(
    ("scenario", "status", "words"),
    [
        ("outage-30", 2, 'there is no scenario "outage-30"; did you mean "outage-30s"?'),
        ("./none.yaml", 1, "./none.yaml: cannot be read: no such file or directory"),
        (f"{SCENARIO}sever: 1\n", 1, 'it.scenario.yaml:4:1: error[E203]: unknown key "sever"'),
        (
            f"{SCENARIO}events: [{{what: outage, after: 9s, until: 3s}}]\n",
            1,
            "the event ends before it begins",
        ),
    ],
)
def test_a_mistake_in_a_scenario_is_told_where_it_is(
    scenario: str, status: int, words: str, simulate: Simulate
) -> None:
    out, err = simulate(scenario, status=status)

    assert not out
    assert words in err


@pytest.mark.parametrize("name", our_scenarios())
def test_each_of_our_scenarios_is_right_and_has_a_title(name: str) -> None:
    assert our_scenario(name).title
