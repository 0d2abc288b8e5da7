"""The JSON report and the stream of events hold to their published schemas, however a run ended."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator
from support.report_runs import RUNS, hostile_run, played

from runner.language.terms import OutcomeState, Processed, Reason, TransportKind, VerbName
from runner.model.decision import Decided
from runner.model.event import EventKind, Level
from runner.model.note import Note
from runner.model.why import Why
from runner.report.json_report import render_json
from runner.report.log_line import json_line

SCHEMAS = Path(__file__).parents[2] / "schemas"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return loaded


REPORT, EVENTS = schema("report.v1.schema.json"), schema("events.v1.schema.json")


@pytest.mark.parametrize("name", RUNS)
def test_the_report_of_every_run_fits_its_schema(name: str) -> None:
    report = played(name).report
    document = json.loads(render_json(report))

    Draft7Validator(REPORT).validate(document)
    assert len(document["registrations"]) == len(report.outcomes)


@pytest.mark.parametrize("name", RUNS)
def test_every_event_of_every_run_fits_its_schema_and_is_one_line(name: str) -> None:
    lines = [json_line(event, NOW, TRACE) for event in played(name).events]

    assert lines
    for line in lines:
        assert line.isprintable()
        Draft7Validator(EVENTS).validate(json.loads(line))


def test_the_runs_of_these_tests_end_in_every_way_there_is() -> None:
    outcomes = [outcome for name in RUNS for outcome in played(name).report.outcomes]

    # What is lost was registered before, by a run that stays (tests/session).
    assert {outcome.state for outcome in outcomes} == set(OutcomeState) - {OutcomeState.LOST}
    assert {outcome.reason for outcome in outcomes} - {None} == set(Reason)
    assert {outcome.exit_status for outcome in outcomes} == {0, 70, 74, 75, 76, 77, 130}


@pytest.mark.parametrize("document", [REPORT, EVENTS], ids=["report", "events"])
def test_a_schema_is_right_itself_and_says_what_each_part_is(document: dict[str, Any]) -> None:
    Draft7Validator.check_schema(document)
    parts = [document, *document.get("definitions", {}).values()]
    properties = [part for each in parts for part in each["properties"].values()]

    assert all(part["additionalProperties"] is False for part in parts)
    assert [
        part for part in (*parts, *properties) if not (part.get("title") and part.get("description"))
    ] == []
    for part in properties:
        for example in part.get("examples", ()):
            Draft7Validator(part).validate(example)


def test_the_schemas_know_exactly_the_words_that_the_model_has() -> None:
    registration, attempt = (
        REPORT["definitions"][name]["properties"] for name in ("registration", "attempt")
    )
    event = EVENTS["properties"]
    pairs = [
        (registration["outcome"], OutcomeState), (registration["reason"], Reason), (attempt["verb"], VerbName),
        (attempt["error_kind"], TransportKind), (attempt["processed"], Processed), (event["level"], Level),
        (event["event"], EventKind), (event["error_kind"], TransportKind), (event["outcome"], OutcomeState),
        (event["reason"], Reason), (event["verb"], VerbName), (attempt["reason"], Reason), (event["decided"], Decided),
    ]  # fmt: skip

    for part, words in pairs:
        assert [word for word in part["enum"] if word is not None] == [each.value for each in words]
    for why in (registration["why"]["properties"], event["why"]["properties"]):
        assert why["kind"]["enum"] == [each.__struct_config__.tag for each in get_args(Why)]
        assert set(why) == {"kind", *(name for each in get_args(Why) for name in each.__struct_fields__)}
    notes, kept = event["note"]["properties"], list(Decided)[: len(attempt["decided"]["enum"]) - 1]
    assert attempt["decided"]["enum"] == notes["decided"]["enum"] == [*kept, None]
    assert notes["kind"]["enum"] == [each.__struct_config__.tag for each in get_args(Note)]
    assert set(notes) == {"kind", *(name for each in get_args(Note) for name in each.__struct_fields__)}


def test_a_report_with_hostile_words_is_still_a_report() -> None:
    Draft7Validator(REPORT).validate(json.loads(render_json(hostile_run())))
