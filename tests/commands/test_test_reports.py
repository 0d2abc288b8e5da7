"""What ``enlist test`` says of a file's tests to people and to machines, and what of the file they do not reach."""

import io
import json
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml

from runner.cli import main

FILE = """
version: 1
endpoints: {engine: {url: "http://10.0.0.1"}}
failure_classes:
  - {name: busy, match: {status: 409}, action: retry}
  - {name: gone, match: {status: 410}, action: fail}
registrations:
  web:
    request: {method: PUT, path: /web, json: "${NAME}"}
    deregister: {request: {method: DELETE, path: "/web/${HOSTNAME}"}}
tests:
  - {name: it works, environment: {NAME: a}, given: [{status: 200}], then: {outcome: registered}}
  - {name: <it> & that, environment: {NAME: a}, given: [{status: 409, times: 2}, {status: 200}], then: {requests: 2}}
  - {name: nothing is given, given: [{status: 200}], then: {outcome: registered}}
"""


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Said":
    (tmp_path / "enlist.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Said(capsys)


class Said:
    """Runs the file's tests."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *options: str) -> str:
        """Return what is printed."""
        assert main(["test", *options]) == 1
        return self._capsys.readouterr().out


def test_json_has_each_test_with_what_was_wrong(said: Said) -> None:
    document = json.loads(said("--format", "json"))
    good, wrong, unbound = document["files"][0]["tests"]

    assert (document["format"], document["passed"], document["failed"]) == (1, 1, 2)
    assert (good["passed"], good["by_chance"], good["mismatches"]) == (True, False, [])
    assert wrong["mismatches"] == [{"key": "requests", "expected": "2", "found": "3"}]
    assert (wrong["failed_seed"], wrong["place"]) == (0, "enlist.yaml:13:12")
    assert wrong["story"][-1].endswith("web: registered after 3 requests")
    assert unbound["missing"] == ["NAME is not set"]
    assert "coverage" not in document["files"][0]


def test_junit_tells_what_failed_from_what_could_not_be_played(said: Said) -> None:
    suites = JUnitXml.fromroot(JUnitXml.fromstring(said("--format", "junit").encode())._elem)
    (suite,) = suites

    assert (suites.tests, suites.failures, suites.errors) == (3, 1, 1)
    assert [case.name for case in suite] == ["it works", "<it> & that", "nothing is given"]
    assert [[type(each) for each in case.result] for case in suite] == [[], [Failure], [Error]]


def test_coverage_names_what_no_test_reaches(said: Said) -> None:
    lines = said("--coverage").splitlines()

    assert lines[-5:-1] == [
        "reached: 1 of 2 steps, 1 of 2 declared classes",
        "  no test sends the step web.deregister.deregister (enlist.yaml:10:5)",
        "  no test sees the class busy given up on (enlist.yaml:5:12)",
        "  no test has an answer for the class gone (enlist.yaml:6:12)",
    ]
    assert lines[-1] == "1 passed, 2 failed"


def test_coverage_is_in_json_too(said: Said) -> None:
    coverage = json.loads(said("--format", "json", "--coverage"))["files"][0]["coverage"]

    assert (coverage["steps"], coverage["steps_reached"]) == (2, 1)
    assert [each["kind"] for each in coverage["unreached"]] == ["step", "give_up", "class"]


def test_a_machine_gets_a_document_whatever_comes_of_the_files(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    assert main(["test", "--format", "json", "not-there.yaml"]) == 1
    assert json.loads(capsys.readouterr().out)["files"] == []
