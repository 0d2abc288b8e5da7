"""Rules 12, 13 and 15 to 21: what a server asks for, and how far it is followed."""

from datetime import UTC, datetime, timedelta

import pytest
from support.harness import Played, play
from support.rule_files import EXACT, classes_of, ended, file_of, waits_s

from runner.report.story import message_of
from runner.retry.retry_after import RetryAfter, parse_retry_after
from runner.values.secret import Redactor

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When virtual time begins."""
QUOTE = Redactor().quote


def asked(
    value: str, *, chance: float = 0.0, policy: str = EXACT, more: str = "", status: int = 503
) -> Played:
    """Play one answer with a Retry-After, then a success."""
    given = f"[{{status: {status}, headers: {{Retry-After: '{value}' {more}}}}}, {{status: 200}}]"
    return play(file_of(policy=policy), given, chance=lambda: chance)


def test_seconds_are_waited_before_the_next_attempt() -> None:
    """``Retry-After: 30`` means half a minute."""
    assert asked("30").times_s == [0, 30]


def test_rule_12_a_wait_past_the_deadline_ends_the_run_at_once() -> None:
    """Nobody waits a minute to be told that time is up: the run stops now and says what was asked."""
    played = asked("59", policy=f"deadline: 50s, {EXACT}")

    assert ended(played.outcome) == ("failed", "throttled", "retry_after", 75)
    assert played.report.elapsed_s == 0
    assert played.outcome.retry_not_before == BEGINNING + timedelta(seconds=59)


def test_what_the_server_asked_for_is_told_whatever_ended_the_run() -> None:
    """The attempts are used up, and the next run should know that it is not wanted yet."""
    played = asked("30", policy=f"attempts: 1, {EXACT}")

    assert ended(played.outcome) == ("failed", "throttled", "attempts", 75)
    assert played.outcome.retry_not_before == BEGINNING + timedelta(seconds=30)


def test_rule_12_a_wait_that_ends_exactly_at_the_deadline_leaves_no_time_either() -> None:
    """At the deadline itself nothing more is sent, so waiting for it is pointless."""
    assert asked("50", policy=f"deadline: 50s, {EXACT}").outcome.reason == "retry_after"
    assert asked("49", policy=f"deadline: 50s, {EXACT}").outcome.state == "registered"


def test_rule_12_a_classs_own_deadline_counts_too() -> None:
    """The nearest deadline decides, and a class's runs from its first failure."""
    text = file_of(
        policies=f"quick: {{deadline: 5s, {EXACT}}}",
        classes="{name: busy, match: {status: 429}, action: retry, policy: quick}",
    )
    played = play(text, "[{status: 429, headers: {Retry-After: '10'}}, {status: 200}]")

    assert ended(played.outcome) == ("failed", "busy", "retry_after", 75)


def test_rule_13_a_wait_over_the_maximum_is_never_shortened() -> None:
    """Coming back early is what the server asked us not to do: the run stops, after one request."""
    played = asked("484289", policy=f"deadline: 7d, retry_after: {{max: 5m}}, {EXACT}")

    assert ended(played.outcome) == ("failed", "throttled", "retry_after", 75)
    assert len(played.sent) == 1
    assert played.outcome.retry_not_before == BEGINNING + timedelta(seconds=484289)


def test_rule_13_the_maximum_itself_is_allowed() -> None:
    """``max: 30s`` means that thirty seconds are waited and thirty-one are not."""
    policy = f"deadline: 10m, retry_after: {{max: 30s}}, {EXACT}"

    assert asked("30", policy=policy).outcome.state == "registered"
    assert asked("31", policy=policy).outcome.reason == "retry_after"


def test_rule_13_without_a_number_the_maximum_is_a_minute() -> None:
    """The default bounds what a server can make us wait, however long the deadline is."""
    assert asked("60", policy=f"deadline: 1h, {EXACT}").outcome.state == "registered"
    assert asked("61", policy=f"deadline: 1h, {EXACT}").outcome.reason == "retry_after"


@pytest.mark.parametrize(
    "junk",
    ["-1", "soon", "soon, later", "1e3s", ".5", "٣", "0x10", "Wed, 99 Foo 2026 00:00:00 GMT", "+5", "5s"],
)
def test_rule_15_junk_is_ignored_and_named_and_replaces_nothing(junk: str) -> None:
    """An unreadable header leaves the answer as it is: own backoff, and the event says so."""
    played = asked(junk)

    assert played.times_s == [0, 1]
    assert classes_of(played) == ["throttled", None]
    assert "unreadable Retry-After" in next(message_of(each) for each in played.events if each.class_name)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2.5", 3), ("2.0", 2), ("0.001", 1), ("1, 3", 3), ("3,1", 3), ("soon, 2", 2),
     ("Thu, 01 Jan 2026 00:00:20 GMT, 5", 20), ("5, Thursday, 01-Jan-26 00:00:20 GMT", 20)],
)  # fmt: skip
def test_rule_15_a_fraction_is_rounded_up_and_of_two_headers_the_larger_counts(
    value: str, seconds: float
) -> None:
    """Nobody comes back sooner than was asked in any of the forms that servers send."""
    assert RetryAfter(float(seconds)) == parse_retry_after({"retry-after": value}, BEGINNING, QUOTE)


@pytest.mark.parametrize("digits", ["99999999999", "9" * 5000, str(2**63)])
def test_rule_15_enormous_numbers_are_a_number_and_overflow_nothing(digits: str) -> None:
    """Whatever a server writes, the answer is a wait that is too long and not a crash."""
    assert RetryAfter(float(2**31 - 1)) == parse_retry_after({"retry-after": digits}, BEGINNING, QUOTE)
    assert asked(digits).outcome.reason == "retry_after"


DATES = [
    pytest.param("Thu, 01 Jan 2026 00:00:20 GMT", id="imf-fixdate"),
    pytest.param("Thursday, 01-Jan-26 00:00:20 GMT", id="rfc-850"),
    pytest.param("Thu Jan  1 00:00:20 2026", id="asctime"),
]


@pytest.mark.parametrize("date", DATES)
def test_rule_16_a_date_is_measured_against_the_wall_clock(date: str) -> None:
    """All three forms of HTTP dates are read; without a Date header our own clock is what there is."""
    assert RetryAfter(20.0) == parse_retry_after({"retry-after": date}, BEGINNING, QUOTE)
    assert asked(date).times_s == [0, 20]


def test_rule_16_a_date_is_measured_against_the_answers_own_date_if_it_has_one() -> None:
    """A server whose clock is an hour off still means twenty seconds."""
    date = ", Date: 'Thu, 01 Jan 2026 01:00:00 GMT'"

    assert asked("Thu, 01 Jan 2026 01:00:20 GMT", more=date).times_s == [0, 20]


def test_rule_16_an_unreadable_date_of_the_answer_leaves_our_own_clock() -> None:
    """Junk in one header does not spoil the other."""
    assert asked("Thu, 01 Jan 2026 00:00:20 GMT", more=", Date: yesterday").times_s == [0, 20]


def test_rule_16_a_date_is_compared_in_its_own_zone() -> None:
    """A zone other than GMT is against the standard, and still unambiguous."""
    assert RetryAfter(20.0) == parse_retry_after(
        {"retry-after": "Thu, 01 Jan 2026 02:00:20 +0200"}, BEGINNING, QUOTE
    )


@pytest.mark.parametrize("value", ["0", "00", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_rule_17_nothing_and_the_past_set_no_minimum(value: str) -> None:
    """``Retry-After: 0`` is no invitation to come back at once: own backoff applies."""
    assert parse_retry_after({"retry-after": value}, BEGINNING, QUOTE) == RetryAfter(0.0)
    assert asked(value).times_s == [0, 1]


def test_rule_18_the_longer_of_backoff_and_retry_after_is_waited() -> None:
    """A server that asks for less than our own backoff does not make us faster."""
    policy = "backoff: {initial: 4s, max: 4s, jitter: none}"

    assert asked("3", policy=policy).times_s == [0, 4]
    assert asked("5", policy=policy).times_s == [0, 5]


@pytest.mark.parametrize(("chance", "second_s"), [(0.0, 20), (0.5, 25), (0.999, 29.99)])
def test_rule_19_jitter_comes_on_top_of_what_was_asked(chance: float, second_s: float) -> None:
    """Up to half is added and nothing taken away: exact obedience would bring everybody back at once."""
    assert second_s == pytest.approx(asked("20", chance=chance).times_s[1])


@pytest.mark.parametrize("seed", range(20))
def test_rule_19_the_jitter_on_top_stays_within_the_deadline(seed: int) -> None:
    """What was asked fits, so chance must not be what makes the run fail."""
    given = "[{status: 503, headers: {Retry-After: '50'}}, {status: 200}]"
    played = play(file_of(policy=f"deadline: 55s, {EXACT}"), given, seed=seed)

    assert played.outcome.state == "registered"
    assert 50 <= played.times_s[1] < 55


def test_rule_20_the_backoff_goes_on_after_a_pushback() -> None:
    """The class's own count is the exponent, whatever the server asked in between."""
    given = "[{status: 429}, {status: 429, headers: {Retry-After: '20'}}, {status: 429}, {status: 200}]"

    assert waits_s(play(file_of(), given, chance=lambda: 0.0)) == [1, 20, 4]


@pytest.mark.parametrize(
    ("status", "failure_class", "exit_status"),
    [(403, "denied", 77), (413, "rejected", 76), (301, "rejected", 76)],
)
def test_rule_21_the_header_changes_the_wait_and_never_the_class(
    status: int, failure_class: str, exit_status: int
) -> None:
    """A refusal stays a refusal, even when it comes with a Retry-After."""
    played = asked("1", status=status)

    assert ("failed", failure_class, "fatal", exit_status) == ended(played.outcome)
    assert len(played.sent) == 1


def test_rule_21_a_declared_retry_follows_the_header_of_any_status() -> None:
    """GitHub answers 403 with a Retry-After: a class that makes it a retry waits as long as asked."""
    classes = "{name: limited, match: {status: 403, headers: {retry-after: {exists: true}}}, action: retry}"
    played = play(
        file_of(classes=classes),
        "[{status: 403, headers: {Retry-After: '30'}}, {status: 200}]",
        chance=lambda: 0.0,
    )

    assert played.times_s == [0, 30]


def test_a_policy_may_ignore_the_header() -> None:
    """``honor: false`` is for servers whose header is known to be nonsense."""
    assert asked("30", policy=f"retry_after: {{honor: false}}, {EXACT}").times_s == [0, 1]


def test_what_a_policy_ignores_is_not_told_as_the_servers_wish() -> None:
    """Who tries again later, such as a host program, would wait for a day that nobody meant."""
    played = asked("86400", policy=f"attempts: 1, retry_after: {{honor: false}}, {EXACT}")

    assert ended(played.outcome) == ("failed", "throttled", "attempts", 75)
    assert played.outcome.retry_not_before is None
