"""One event, one line: what a line says, how loud it is, and that a failure is told once."""

import json
import re
from datetime import UTC, datetime

import pytest
from support.harness import Recorder, play
from support.rule_files import EXACT, POST, file_of

from runner.commands.prepare import Options
from runner.commands.reports import log_reporter
from runner.language.terms import OutcomeState
from runner.model.event import EventKind, Level, RunEvent
from runner.model.note import KeepsRegistered
from runner.report.fold import FoldingReporter
from runner.report.log_line import json_line, text_line, trace_id_of
from runner.report.summary import render_summary

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
VERIFY = "verify: {request: {path: /r}}"


def lines(text: str, given: str, **more: float) -> list[tuple[str, str]]:
    """Play a file, and return level and text of what a person sees at the usual level."""
    recorder = Recorder()
    reporter = FoldingReporter(recorder)
    for event in play(text, given, **more).events:  # type: ignore[arg-type]  # only interrupt_at_s is given
        reporter.on_event(event)
    return [
        (str(event.level), text_line(event)) for event in recorder.events if event.level is not Level.DEBUG
    ]


def test_a_failure_that_ends_it_is_one_line_with_class_cause_words_reason_and_request_id() -> None:
    given = "[{status: 403, headers: {X-Request-Id: abc}, body: {message: not you}}]"

    assert lines(file_of(), given) == [
        ("error", 'r.register #1: failed (denied): answered 403 Forbidden "not you"; not tried again [abc]')
    ]


def test_a_transient_failure_is_information_and_its_exhaustion_an_error() -> None:
    assert lines(file_of(policy=f"attempts: 3, {EXACT}"), "[{status: 503}]") == [
        ("info", "r.register #1 unavailable: answered 503 Service Unavailable; again in 1s"),
        ("info", "r.register: answered 503 Service Unavailable; the same once more in 1s"),
        (
            "error",
            "r.register #3: failed (unavailable): answered 503 Service Unavailable; the attempts are used up",
        ),
    ]


def test_a_request_that_must_not_be_repeated_is_told_before_the_verification_that_decides() -> None:
    given = "[{step: register, error: read-timeout}, {step: verify, status: 404}]"
    told = lines(file_of(POST, policy=f"attempts: 1, {EXACT}", more=VERIFY), given)

    assert {level for level, _ in told[:-1]} == {"info"}
    assert told[0][1].endswith("it may have taken effect, which the verification decides")
    assert told[1][1].startswith("r.verify #1 missing: answered 404")
    assert told[-1][0] == "error"
    assert told[-1][1].endswith("and the verification finds nothing; the attempts are used up")


def test_an_unknown_outcome_says_why_it_is_not_tried_again() -> None:
    (told,) = lines(file_of(POST), "[{error: read-timeout}]")

    assert told[0] == "error"
    assert "unknown (unavailable)" in told[1]
    assert told[1].endswith("; it may have taken effect and must not be repeated")


def test_an_interruption_is_a_warning_as_somebody_wanted_it() -> None:
    told = lines(file_of(), "[{error: connect-refused}]", interrupt_at_s=2)

    assert told[-1] == ("warning", "r: cancelled: interrupted")


def test_a_registration_without_a_way_back_is_no_failure_of_deregistering() -> None:
    events = play(file_of(), "[{status: 200}]", undo=True).events

    (end,) = (event for event in events if event.outcome is OutcomeState.SKIPPED)
    assert end.level is Level.INFO


def test_what_is_skipped_for_a_failure_elsewhere_is_a_warning() -> None:
    text = (
        "version: 1\nendpoints: {e: {url: 'http://h'}}\nregistrations:\n"
        "  a: {request: {method: PUT, path: /a}}\n"
        "  b: {request: {method: PUT, path: /b}, needs: [a]}\n"
    )

    assert [level for level, _ in lines(text, "[{status: 403}]")] == ["error", "warning"]


def test_the_attempts_that_end_registrations_are_all_in_a_log_for_pipelines() -> None:
    events = [json.loads(json_line(each, AT)) for each in play(file_of(), "[{status: 403}]").events]
    attempt, end = (each for each in events if "class" in each)

    assert (attempt["event"], attempt["level"], attempt["attempt"]) == ("attempt_failed", "info", 1)
    assert (end["event"], end["level"], end["class"], end["status"]) == (
        "registration_finished",
        "error",
        "denied",
        403,
    )


@pytest.mark.parametrize(("chars", "is_told"), [(200, True), (201, False)])
def test_a_name_for_a_request_that_is_a_text_is_none(chars: int, *, is_told: bool) -> None:
    given = f"[{{status: 403, headers: {{X-Request-Id: {'a' * chars}}}}}]"

    assert [attempt.request_id is not None for attempt in play(file_of(), given).outcome.attempts] == [
        is_told
    ]


def test_the_keys_of_a_json_line_are_these() -> None:
    given = "[{status: 503, headers: {X-Request-Id: abc}}, {error: connect-refused}, {status: 200}]"
    events = [json_line(each, AT, TRACE) for each in play(file_of(), given).events]
    keys = set().union(*map(json.loads, events))

    assert keys == {
        *("ts", "level", "event", "message", "elapsed_s", "registration", "verb", "step", "attempt", "class"),
        *("status", "error_kind", "wait_s", "request_id", "outcome", "place", "trace_id"),
        *("cause", "decided"),
    }


@pytest.mark.parametrize(
    ("traceparent", "trace_id"),
    [
        (f"00-{TRACE}-{SPAN}-01", TRACE),
        (f" 00-{TRACE}-{SPAN}-00\n", TRACE),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-adds", TRACE),
        (f"00-{TRACE}-{SPAN}-01-extra", None),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE}-{SPAN}", None),
        (f"00-{TRACE[1:]}-{SPAN}-01", None),
        ("", None),
        (None, None),
    ],
)
def test_a_trace_is_named_only_where_the_w3c_form_is_kept(
    traceparent: str | None, trace_id: str | None
) -> None:
    assert trace_id_of(traceparent) == trace_id


def test_without_a_trace_there_is_no_key_for_it() -> None:
    event = RunEvent(event=EventKind.NOTE, level=Level.INFO, elapsed_s=1.0, note=KeepsRegistered())

    assert json.loads(json_line(event, AT)) == {
        "ts": "2026-11-24T12:00:00.000+00:00",
        "level": "info",
        "event": "note",
        "elapsed_s": 1.0,
        "note": {"kind": "keeps_registered"},
        "message": "keeps what is registered until it is told to stop",
    }


def many(count: int) -> str:
    rows = "".join(f"  r{number}: {{request: {{method: PUT, path: /a}}}}\n" for number in range(count))
    return f"version: 1\nendpoints: {{e: {{url: 'http://h'}}}}\nregistrations:\n{rows}"


def test_a_summary_names_what_stands_and_counts_it_where_it_is_much() -> None:
    few = render_summary(play(many(20), "[{status: 200}]").report).splitlines()
    much = render_summary(play(many(21), "[{status: 403}, {status: 200}]").report).splitlines()
    more = render_summary(play(many(22), "[{status: 403}, {status: 200}]").report).splitlines()

    assert len(few) == 21
    assert len([line for line in much if line.startswith("registered ")]) == 20
    assert more[0] == "registered 21"
    assert more[1].startswith("failed r0 ")


def test_a_summary_is_coloured_only_on_request() -> None:
    report = play(file_of(), "[{status: 200}]").report

    assert "\x1b" not in render_summary(report)
    assert render_summary(report, colour=True).startswith("\x1b[32mregistered r\x1b[0m (1 request in ")


@pytest.mark.parametrize(
    ("on_terminal", "begins"),
    [(True, r"[0-9]{2}:[0-9]{2}:[0-9]{2}[.]"), (False, r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:")],
)
def test_a_log_that_nobody_watches_carries_the_date(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, begins: str, *, on_terminal: bool
) -> None:
    monkeypatch.setattr("runner.commands.reports.is_terminal", lambda _: on_terminal)
    event = RunEvent(event=EventKind.NOTE, level=Level.INFO, elapsed_s=0.0, note=KeepsRegistered())

    log_reporter(Options()).on_event(event)

    assert re.match(begins, capsys.readouterr().err)
