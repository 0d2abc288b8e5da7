"""What a run tells while it is on: the order of events, how loud each is, and that repetition is one fact."""

import itertools

import pytest
from support.harness import Played, Recorder, play
from support.rule_files import EXACT, POST, file_of

from runner.model.event import RunEvent
from runner.report.fold import FoldingReporter
from runner.report.story import message_of

VERIFY = "verify: {request: {path: /r}}"


def told(played: Played) -> list[tuple[str, str]]:
    return [(str(each.event), str(each.level)) for each in played.events]


def folded(*played: Played) -> list[RunEvent]:
    """Return what is left of the events of runs that happen at the same time."""
    recorder = Recorder()
    reporter = FoldingReporter(recorder)
    for event in sorted(
        (event for each in played for event in each.events), key=lambda event: event.elapsed_s
    ):
        reporter.on_event(event)
    return recorder.events


def failures_of(events: list[RunEvent]) -> list[RunEvent]:
    return [each for each in events if str(each.event) in {"attempt_failed", "note"}]


def test_a_success_is_told_in_order() -> None:
    """Begin, each step, end; the frame is for those who debug."""
    played = play(file_of(more=VERIFY), "[{status: 200}]")

    assert told(played) == [
        ("registration_started", "debug"),
        ("step_succeeded", "info"),
        ("step_succeeded", "info"),
        ("registration_finished", "info"),
        ("run_finished", "debug"),
    ]


def test_a_retried_failure_is_information_and_no_warning() -> None:
    """That a server starts late is what this program is for; nobody needs to be woken."""
    played = play(file_of(), "[{error: connect-refused}, {status: 503}, {status: 200}]", chance=lambda: 0.0)

    assert [str(each.event) for each in played.events if each.class_name] == [
        "attempt_failed",
        "attempt_failed",
    ]
    assert {"debug", "info"} == {str(each.level) for each in played.events}


@pytest.mark.parametrize("answer", ["{status: 403}", "{status: 500}"])
def test_the_failure_that_ends_it_is_information_and_the_end_an_error(answer: str) -> None:
    """One line is loud: the end, which has the class, the cause and the server's words."""
    played = play(file_of(policy="attempts: 1"), f"[{answer}]")

    assert told(played)[1:3] == [("attempt_failed", "info"), ("registration_finished", "error")]


def test_an_optional_registration_that_fails_is_a_warning() -> None:
    """It keeps nothing from starting."""
    played = play(file_of(more="required: false"), "[{status: 403}]")

    assert ("registration_finished", "warning") in told(played)
    assert "error" not in {level for _, level in told(played)}


def test_what_counts_as_a_success_is_information() -> None:
    """A conflict that a class calls a success alarms nobody."""
    played = play(file_of(classes="{name: exists, match: {status: 409}, action: succeed}"), "[{status: 409}]")
    event = next(each for each in played.events if each.class_name == "exists")

    assert (event.event, event.level) == ("attempt_failed", "info")
    assert message_of(event).endswith("; counts as a success")


def test_a_failure_is_told_with_its_class_its_cause_the_servers_words_and_what_follows() -> None:
    """Everything that one needs to act stands in one line."""
    given = "[{status: 503, headers: {X-Request-Id: abc}, body: {message: no leader}}, {status: 200}]"
    event = next(each for each in play(file_of(), given).events if each.class_name)

    assert message_of(event) == 'answered 503 Service Unavailable "no leader"; again in 1s'
    assert (event.registration, event.verb, event.step, event.attempt) == ("r", "register", "register", 1)
    assert (
        event.class_name,
        event.status,
        event.error_kind,
        event.wait_s,
        event.request_id,
    ) == ("unavailable", 503, None, 1, "abc")


def test_a_declared_class_is_told_with_the_place_where_it_stands() -> None:
    """The line of the file that decided is the one to look at."""
    text = file_of(classes="{name: mine, match: {status: 409}, action: fail}")
    event = next(each for each in play(text, "[{status: 409}]").events if each.class_name)
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "name: mine" in each)

    assert f"enlist.yaml:{line}:" in str(event.place)


@pytest.mark.parametrize(
    ("request_of", "policy", "answer", "words"),
    [
        (POST, EXACT, "{error: read-timeout}", "it may have taken effect and must not be repeated"),
        (POST, EXACT, "{status: 400}", "not tried again"),
        (POST, "attempts: 1", "{status: 429}", "the attempts are used up"),
        (POST, f"deadline: 1s, {EXACT}", "{status: 429}", "the deadline leaves no time for another attempt"),
        (
            POST,
            EXACT,
            "{status: 429, headers: {Retry-After: '3600'}}",
            "the server asks for a longer wait than allowed",
        ),
    ],
)
def test_the_end_is_told_with_its_reason(request_of: str, policy: str, answer: str, words: str) -> None:
    """Why nothing more was tried, in words."""
    played = play(file_of(request_of, policy=policy), f"[{answer}]")
    event = next(each for each in played.events if each.class_name)

    assert words == message_of(event).rpartition("; ")[2]
    assert event.reason is not None


def test_times_never_run_backwards() -> None:
    """Events come in the order in which things happened."""
    played = play(file_of(more=VERIFY), "[{status: 500, latency: 1s, times: 3}, {status: 200}]")
    times = [each.elapsed_s for each in played.events]

    assert sorted(times) == times


def test_a_row_of_identical_failures_is_told_once_and_then_counted() -> None:
    """A refused connection for eight seconds is two lines and not forty."""
    played = play(file_of(), "[{error: connect-refused, until: 8s}, {status: 200}]")
    first, note = failures_of(folded(played))
    attempts = len(played.sent) - 1

    assert (first.event, first.level, first.attempt) == ("attempt_failed", "info", 1)
    assert (note.event, note.level) == ("note", "info")
    assert f"; the same {attempts - 1} more times in " in message_of(note)


def test_a_long_row_is_told_again_every_ten_seconds() -> None:
    """Silence is not what a person wants who watches: a minute of refusals is told about six times."""
    played = play(file_of(policy="deadline: 10m"), "[{error: connect-refused, until: 1m}, {status: 200}]")
    notes = [each for each in failures_of(folded(played)) if str(each.event) == "note"]

    assert len(notes) == 6
    assert all(
        10 <= later.elapsed_s - sooner.elapsed_s < 11 for sooner, later in itertools.pairwise(notes[:-1])
    )


def test_no_failure_is_lost_in_the_folding() -> None:
    """What was told and what was counted make up all of them."""
    played = play(
        file_of(policy="deadline: 10m"),
        "[{error: connect-refused, until: 47s}, {status: 503, times: 3}, {status: 200}]",
    )
    counted = 0
    for event in failures_of(folded(played)):
        words = message_of(event).rpartition("the same ")[2]
        counted += (
            1
            if str(event.event) == "attempt_failed"
            else 1
            if words.startswith("once")
            else int(words.split()[0])
        )

    assert len(played.sent) - 1 == counted


def test_one_repetition_is_once_more() -> None:
    """Words for people."""
    events = failures_of(folded(play(file_of(), "[{status: 503, times: 2}, {status: 200}]")))

    assert message_of(events[1]) == "answered 503 Service Unavailable; the same once more in 1s"


def test_another_failure_ends_the_row() -> None:
    """From refused to 503 is news: the server has come up."""
    given = "[{error: connect-refused, times: 3}, {status: 503, times: 2}, {error: connect-refused, times: 2}, {status: 200}]"
    events = failures_of(folded(play(file_of(), given)))

    assert [each.class_name for each in events] == [
        "unreachable",
        "unreachable",
        "unavailable",
        "unavailable",
        "unreachable",
        "unreachable",
    ]
    assert [str(each.event) for each in events] == ["attempt_failed", "note"] * 3


def test_other_words_of_the_server_end_the_row() -> None:
    """The same status for another reason is another fact."""
    given = "[{status: 503, body: {message: starting}, times: 2}, {status: 503, body: {message: no leader}}, {status: 200}]"
    events = failures_of(folded(play(file_of(), given)))

    assert [str(each.event) for each in events] == ["attempt_failed", "note", "attempt_failed"]


def test_the_count_comes_before_what_ends_the_row() -> None:
    """One reads in order: so often it failed, and then it succeeded."""
    events = folded(play(file_of(), "[{status: 503, times: 3}, {status: 200}]"))

    assert [str(each.event) for each in events] == [
        "registration_started",
        "attempt_failed",
        "note",
        "step_succeeded",
        "registration_finished",
        "run_finished",
    ]


def test_the_failure_that_ends_it_is_never_folded() -> None:
    """The last of the row has the reason, and stands alone; the end says the same, so it is for those who debug."""
    events = failures_of(folded(play(file_of(policy=f"attempts: 4, {EXACT}"), "[{status: 503}]")))

    assert [(str(each.event), str(each.level)) for each in events] == [
        ("attempt_failed", "info"),
        ("note", "info"),
        ("attempt_failed", "debug"),
    ]
    assert events[-1].reason == "attempts"


def test_two_registrations_at_once_do_not_break_each_others_rows() -> None:
    """Each has its own row, however their failures alternate."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {backoff: {initial: 1s, max: 1s, jitter: none}}}
registrations:
  a: {steps: [{name: do-a, request: {method: PUT, path: /a}}]}
  b: {steps: [{name: do-b, request: {method: PUT, path: /b}}]}
"""
    given = "[{step: do-a, status: 503, times: 5}, {step: do-b, status: 500, times: 5}, {status: 200}, {step: do-a}, {step: do-b}]"
    events = failures_of(folded(play(text, given)))

    assert len(events) == 4
    assert ["the same 4 more times" in message_of(each) for each in events] == [False, False, True, True]


def test_an_interruption_still_tells_how_often_it_failed() -> None:
    """What was counted is told when the registration ends, whatever ends it."""
    events = folded(play(file_of(), "[{error: connect-refused}]", interrupt_at_s=5))

    assert [str(each.event) for each in events][1:4] == ["attempt_failed", "note", "registration_finished"]
