"""Rules 9 to 11, 14 and 27: nothing waits without a bound."""

import time

import pytest
from support.harness import play
from support.rule_files import EXACT, classes_of, ended, file_of

from runner.config.loader import load

SECOND = "backoff: {initial: 1s, max: 1s, jitter: none}"


def test_rule_09_no_sleep_ends_past_the_deadline() -> None:
    """Requests at 0, 1, 3 and 7 s; the wait until 15 s is not begun, and the run ends at 7 s and not at 10 s."""
    played = play(file_of(policy=f"deadline: 10s, {EXACT}"), "[{status: 500}]")

    assert played.times_s == [0, 1, 3, 7]
    assert ended(played.outcome) == ("failed", "unavailable", "deadline", 75)
    assert played.report.elapsed_s == 7


def test_rule_09_a_wait_that_ends_at_the_deadline_is_not_begun() -> None:
    """At the deadline there is no time for another attempt."""
    assert play(file_of(policy=f"deadline: 7s, {EXACT}"), "[{status: 500}]").times_s == [0, 1, 3]


@pytest.mark.parametrize("seed", range(30))
def test_rule_09_no_request_is_sent_past_the_deadline_whatever_chance_says(seed: int) -> None:
    """Jitter may spread requests, but never over the line."""
    given = "[{error: connect-refused, times: 5}, {status: 503, latency: 300ms}]"
    played = play(file_of(policy="deadline: 9s, attempts: unlimited"), given, seed=seed)

    assert played.times_s[-1] < 9
    assert played.report.elapsed_s <= 9


def test_rule_09_the_last_failure_is_what_the_report_tells() -> None:
    """A deadline is why it stopped, and not what went wrong."""
    played = play(file_of(policy=f"deadline: 3s, {SECOND}"), "[{status: 503, body: {message: no leader}}]")

    assert played.outcome.attempts[-1].status == 503
    assert played.outcome.server_message == "no leader"


def test_rule_10_an_attempt_in_flight_ends_at_the_deadline() -> None:
    """``attempt_timeout: 15s`` does not stretch ``deadline: 4s``."""
    played = play(file_of(policy=f"deadline: 4s, {SECOND}"), "[{status: 200, latency: 1m}]")

    assert played.report.elapsed_s == 4
    assert ended(played.outcome) == ("failed", "unavailable", "deadline", 75)
    assert played.outcome.message == "no answer within 4s, when the deadline came"


def test_rule_10_what_is_left_of_the_deadline_is_what_the_last_attempt_gets() -> None:
    """The first attempt takes its own timeout, the second only what remains."""
    text = file_of(policy=f"deadline: 5s, {SECOND}", endpoint="attempt_timeout: 3s")
    played = play(text, "[{error: total-timeout}]")
    first, second = played.outcome.attempts

    assert (first.started_s, first.ended_s) == (0, 3)
    assert (second.started_s, second.ended_s) == (4, 5)


def test_rule_10_an_answer_just_before_the_deadline_counts() -> None:
    """The bound is on the attempt and not on when it began."""
    played = play(file_of(policy="deadline: 4s"), "[{status: 200, latency: 3999ms}]")

    assert played.outcome.state == "registered"


def test_rule_10_connecting_ends_at_the_deadline_too() -> None:
    """A host that swallows packets costs what is left and no more."""
    text = file_of(policy="deadline: 2s", endpoint="connect_timeout: 30s")

    assert play(text, "[{error: connect-timeout}]").report.elapsed_s == 2


QUEUE = """
version: 1
endpoints: {e: {url: "http://h", max_concurrency: 1, attempt_timeout: 1m}}
retry_policies: {short: {deadline: 5s}}
registrations:
  a: {request: {method: PUT, path: /a}}
  b: {policy: short, request: {method: PUT, path: /b}}
"""


def test_rule_10_waiting_for_a_free_connection_takes_nothing_from_the_deadline() -> None:
    """A registration's clock begins when its first request gets its place; from there it bounds as ever."""
    played = play(QUEUE, "[{status: 200, latency: 30s}]")
    a, b = played.report.outcomes

    assert (a.state, a.ended_s) == ("registered", 30)
    assert (b.state, b.ended_s) == ("failed", 35)
    assert played.times_s == [0, 30]


def test_rule_11_an_attempt_and_a_run_are_bounded_by_two_keys() -> None:
    """``attempt_timeout`` is for one request, ``deadline`` for all of them with their waits."""
    text = file_of(policy=f"deadline: 10s, {SECOND}", endpoint="attempt_timeout: 2s")
    played = play(text, "[{error: total-timeout}]")

    assert played.times_s == [0, 3, 6, 9]
    assert played.report.elapsed_s == 10


@pytest.mark.parametrize("word", ["timeout", "max_time", "total_timeout"])
def test_rule_11_a_key_that_could_mean_either_does_not_exist(word: str) -> None:
    """Other names are refused instead of guessed."""
    assert load(file_of(policy=f"{word}: 10s").encode(), "f").plan is None


@pytest.mark.parametrize(
    "policy", ["", "attempts: 1000", "retry_after: {max: 2h}", "attempts: 1000, retry_after: {max: 2h}"]
)
def test_rule_14_there_is_always_a_deadline(policy: str) -> None:
    """Many capped waits add up, so a registration without a deadline of its own gets a minute."""
    waiting = "[{status: 503, headers: {Retry-After: '10'}}]"

    assert play(file_of(policy=policy), waiting).report.elapsed_s < 60
    assert play(file_of(policy=policy), "[{error: connect-refused}]").report.elapsed_s < 60


def test_rule_27_time_is_the_loops_and_an_hour_of_it_passes_at_once() -> None:
    """Waits and deadlines read the loop's clock and nothing else: virtual hours take no time."""
    began = time.monotonic()
    played = play(
        file_of(policy=f"deadline: 24h, attempts: unlimited, {SECOND.replace('1s', '1h')}"), "[{status: 500}]"
    )

    assert len(played.sent) == 24
    assert time.monotonic() - began < 5


NESTED = "quick: {deadline: 3s, backoff: {initial: 1s, max: 1s, jitter: none}}"
BOOTING = "{name: booting, match: {status: 400}, action: retry, policy: quick}"


def test_a_classs_deadline_runs_from_its_first_failure() -> None:
    """Ten seconds of refused connections cost the class nothing; then it has its three seconds."""
    text = file_of(policies=NESTED, classes=BOOTING)
    played = play(text, "[{error: connect-refused, until: 10s}, {status: 400}]")
    booting = [each for each in played.outcome.attempts if each.class_name == "booting"]

    assert ended(played.outcome) == ("failed", "booting", "deadline", 75)
    assert booting[0].started_s >= 10
    assert [pytest.approx(each.started_s - booting[0].started_s) for each in booting] == [0, 1, 2]


def test_a_classs_deadline_does_not_begin_again_after_other_failures() -> None:
    """What is spent is spent: the second 400 comes after the class's three seconds and ends the run."""
    text = file_of(
        policy="deadline: 60s, backoff: {initial: 5s, max: 5s, jitter: none}",
        policies=NESTED,
        classes=BOOTING,
    )
    played = play(text, "[{status: 400}, {status: 500}, {status: 400}]")

    assert classes_of(played) == ["booting", "unavailable", "booting"]
    assert ended(played.outcome) == ("failed", "booting", "deadline", 75)


def test_a_classs_deadline_bounds_the_attempt_in_flight() -> None:
    """After three seconds of booting nobody waits another fifteen for an answer."""
    played = play(file_of(policies=NESTED, classes=BOOTING), "[{status: 400}, {status: 200, latency: 10s}]")

    assert (played.outcome.attempts[1].started_s, played.outcome.attempts[1].ended_s) == (1, 3)


def test_the_registrations_deadline_bounds_a_class_with_a_longer_one() -> None:
    """Deadlines nest, and every one of them bounds."""
    text = file_of(
        policy=f"deadline: 3s, {SECOND}",
        policies="long: {deadline: 10m, backoff: {initial: 1s, max: 1s, jitter: none}}",
        classes="{name: booting, match: {status: 400}, action: retry, policy: long}",
    )

    played = play(text, "[{status: 400}]")

    assert played.times_s == [0, 1, 2]
    assert (ended(played.outcome), played.report.elapsed_s) == (("failed", "booting", "deadline", 75), 2)


def test_the_registrations_deadline_runs_over_its_verification() -> None:
    """Four seconds to register leave six to verify."""
    text = file_of(policy=f"deadline: 10s, {SECOND}", more="verify: {request: {path: /r}}")
    played = play(text, "[{step: register, status: 200, latency: 4s}, {step: verify, status: 404}]")

    assert played.times_s == [0, 4, 5, 6, 7, 8, 9]
    assert ended(played.outcome) == ("failed", "missing", "verify", 75)


def test_the_deadline_runs_from_the_first_request_and_not_from_the_start_of_the_run() -> None:
    """Who had to wait for a needed registration has the whole deadline left."""
    text = f"""
version: 1
endpoints: {{e: {{url: "http://h"}}}}
retry_policies: {{short: {{deadline: 5s, {SECOND}}}}}
registrations:
  first: {{request: {{method: PUT, path: /a}}}}
  second: {{needs: [first], policy: short, request: {{method: PUT, path: /b}}}}
"""
    given = "[{status: 200, latency: 10s}, {status: 500, times: 4}, {status: 200}]"
    first, second = play(text, given).report.outcomes

    assert (first.state, second.state) == ("registered", "registered")
    assert (second.started_s, second.ended_s) == (10, 14)


def test_a_verbs_deadline_runs_from_the_verbs_first_request() -> None:
    """The verification has its own three seconds, after the eight that registering took."""
    text = file_of(policies=NESTED, more="verify: {policy: quick, request: {path: /r}}")
    played = play(text, "[{step: register, latency: 8s}, {step: verify, status: 404}]")

    assert played.times_s == [0, 8, 9, 10]
    assert ended(played.outcome) == ("failed", "missing", "verify", 75)


def test_a_verbs_deadline_does_not_outlive_the_registrations() -> None:
    """A minute to verify is bounded by the five seconds of the whole."""
    text = file_of(
        policy=f"deadline: 5s, {SECOND}",
        policies="long: {deadline: 1m, backoff: {initial: 1s, max: 1s, jitter: none}}",
        more="verify: {policy: long, request: {path: /r}}",
    )

    assert play(text, "[{step: register}, {step: verify, status: 404}]").times_s == [0, 0, 1, 2, 3, 4]
