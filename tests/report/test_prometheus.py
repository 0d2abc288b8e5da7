"""The metrics as a scraper reads them, and as Prometheus' own promtool judges them."""

import os
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.debian_package import FetchError, NoAptError, fetched
from support.report_runs import RUNS, hostile_run, played

from runner.model.outcome import Report
from runner.report.prometheus import render_prometheus

Samples = dict[str, dict[tuple[str, ...], float]]


def samples_of(report: Report) -> Samples:
    """Return the samples by metric and by the values of their labels, the file left out."""
    found: Samples = {}
    for family in text_string_to_metric_families(render_prometheus(report)):
        for sample in family.samples:
            labels = tuple(value for name, value in sample.labels.items() if name != "file")
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The program; where it cannot be had the test is skipped, which is a failure in CI if apt is there."""
    try:
        return fetched("prometheus", "promtool")
    except (NoAptError, FetchError) as error:
        if os.environ.get("CI") and isinstance(error, FetchError):
            pytest.fail(str(error))
        pytest.skip(f"NOT TESTED AGAINST PROMTOOL: {error}")


@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_promtool_has_nothing_to_say_about_the_metrics_of_any_run(promtool: Path, name: str) -> None:
    report = hostile_run() if name == "hostile" else played(name).report
    judged = subprocess.run(
        [promtool, "check", "metrics"], input=render_prometheus(report).encode(), capture_output=True, timeout=20, check=False
    )  # fmt: skip

    assert (judged.returncode, judged.stdout, judged.stderr) == (0, b"", b"")


def test_a_run_that_is_not_decided_has_no_exit_status_that_would_say_that_all_is_well() -> None:
    report = played("registered").report

    assert 'enlist_run_last_exit_status{file="enlist.yaml"} 0\n' in render_prometheus(report)
    assert "enlist_run_last_exit_status" not in render_prometheus(report, decided=False)


def test_a_scraper_learns_what_stands_what_it_cost_and_when_that_was() -> None:
    found = samples_of(played("several").report)

    assert found["enlist_registration_up"] == {("a", "true"): 0, ("b", "true"): 0, ("c", "false"): 1}
    assert found["enlist_registration_outcome_info"] == {
        ("a", "failed", "told", "fatal"): 1, ("b", "skipped", "", ""): 1, ("c", "registered", "", ""): 1,
    }  # fmt: skip
    assert found["enlist_registration_attempts_total"] == {("a",): 1, ("b",): 0, ("c",): 3}
    assert found["enlist_registration_lost_attempts_total"] == {("a", "told"): 1, ("c", "unreachable"): 2}
    assert found["enlist_registration_last_exit_status"] == {("a",): 76, ("b",): 76, ("c",): 0}
    assert found["enlist_registration_duration_seconds"][("c",)] == pytest.approx(
        found["enlist_registration_waited_seconds"][("c",)], abs=0.01
    )
    assert found["enlist_run_last_exit_status"] == {(): 76}
    report = played("several").report
    assert found["enlist_run_timestamp_seconds"][()] == pytest.approx(
        report.started_at.timestamp() + report.elapsed_s, abs=0.001
    )


@pytest.mark.parametrize(
    ("name", "up"),
    [("registered", 1), ("already registered", 1), ("unknown", 0), ("denied", 0), ("deregistered", 0)],
)
def test_up_is_one_only_when_the_registration_is_known_to_stand(name: str, up: int) -> None:
    assert samples_of(played(name).report)["enlist_registration_up"] == {("r", "true"): up}


def test_the_time_at_which_a_server_wants_to_be_called_again_is_a_metric() -> None:
    assert (
        len(
            samples_of(played("asked to wait too long").report)[
                "enlist_registration_retry_not_before_timestamp_seconds"
            ]
        )
        == 1
    )
    assert "enlist_registration_retry_not_before_timestamp_seconds" not in samples_of(
        played("registered").report
    )


def test_hostile_names_make_no_line_no_label_and_no_metric_of_their_own() -> None:
    text, found = render_prometheus(hostile_run()), samples_of(hostile_run())

    assert {name.split("_")[0] for name in found} == {"enlist"}
    assert [len(found["enlist_registration_up"]), len(found["enlist_registration_outcome_info"])] == [3, 3]
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(line.startswith(("enlist_", "# HELP enlist_", "# TYPE enlist_")) for line in text.splitlines())
