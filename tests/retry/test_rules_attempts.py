"""Rules 1 to 8 and 36: what is counted, where, and what a class decides.

The table of edges of retrying that other tools got wrong, and where each rule is proved. "cut" is left out of the language,
"transport" is the transport lab's (``tests/adapters``), "later" belongs to an issue after this one.

======  ====================================================================================================
rule    where
======  ====================================================================================================
1-6     here
7       here; that a class which can never be reached is a finding is not built
8       test_rules_classes
9, 10   test_rules_deadlines
11      test_rules_deadlines (two keys); the worst-case time is for ``plan`` to print
12, 13  test_rules_retry_after; ``on_excess: clamp`` is cut
14      test_rules_deadlines: every registration has a deadline, whether the file names one or not
15-21   test_rules_retry_after; ``mode: replace`` (18) is cut
22      cut: RateLimit headers are not read
23-26   test_rules_backoff; the table that ``explain`` prints (26) is later
27      test_rules_deadlines
28      test_rules_fleet
29, 30  test_rules_effects; ``retry_ambiguous`` per class is cut, ``idempotent`` on the request is the way
31      test_rules_effects
32      cut: idempotency-key headers
33      test_rules_effects
34, 35  test_rules_classes
36      here
37-40   transport; that a repetition asks for a new connection (39) is in test_rules_transport
41, 42  test_rules_transport: a redirect is an answer and never followed; hop limits are cut
43-47   transport; what the engine makes of each kind is in test_rules_transport
48-51   transport
52-54   test_rules_cancelling
55, 56  cut: retry budgets
57      not built: no header tells the attempt's number
58      test_rules_fleet
59-61   test_rules_transport
62      tests/config: the schema is the single source
======  ====================================================================================================
"""

import pytest
from support.harness import play
from support.rule_files import EXACT, classes_of, ended, file_of, waits_s

from runner.config.loader import load


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_rule_01_attempts_count_requests_and_the_first_is_one_of_them(attempts: int) -> None:
    """``attempts: 1`` means no retry, ``attempts: 5`` means five requests."""
    played = play(file_of(policy=f"attempts: {attempts}, {EXACT}"), "[{status: 500}]")

    assert attempts == len(played.sent)
    assert ended(played.outcome) == ("failed", "unavailable", "attempts", 75)


def test_rule_01_the_last_attempt_may_still_succeed() -> None:
    """The cap counts requests and not failures before it: the last one is sent and can succeed."""
    played = play(file_of(policy=f"attempts: 3, {EXACT}"), "[{status: 500, times: 2}, {status: 200}]")

    assert played.times_s == [0, 1, 3]
    assert played.outcome.state == "registered"


def test_rule_01_without_a_number_there_are_twenty_attempts() -> None:
    """A policy that does not say how often tries twenty times."""
    policy = "deadline: 10m, backoff: {initial: 1s, max: 1s, jitter: none}"

    assert len(play(file_of(policy=policy), "[{status: 500}]").sent) == 20


@pytest.mark.parametrize("written", ["0", "-1", "~", "2.5", "infinite"])
def test_rule_02_a_cap_of_nothing_is_no_cap_at_all_and_refused(written: str) -> None:
    """Zero, negative, null and other words are findings: nobody can tell whether they mean none or no end."""
    assert load(file_of(policy=f"attempts: {written}").encode(), "f").plan is None


def test_rule_02_unlimited_is_a_word_and_needs_a_deadline() -> None:
    """Nothing waits without a bound: ``unlimited`` is accepted beside a deadline only."""
    alone = load(file_of(policy="attempts: unlimited").encode(), "f")
    bounded = load(file_of(policy="attempts: unlimited, deadline: 60s").encode(), "f")

    assert [each.code for each in alone.diagnostics] == ["E303"]
    assert bounded.plan is not None


def test_rule_02_unlimited_attempts_go_on_until_the_deadline() -> None:
    """Without a cap the deadline is what stops."""
    policy = "attempts: unlimited, deadline: 100s, backoff: {initial: 1s, max: 1s, jitter: none}"
    played = play(file_of(policy=policy), "[{status: 500}]")

    assert len(played.sent) == 100
    assert ended(played.outcome) == ("failed", "unavailable", "deadline", 75)


def test_rule_03_a_declared_number_is_used_as_it_stands() -> None:
    """A cap of 50 means 50: nothing is quietly lowered to what somebody thought enough."""
    policy = "attempts: 50, deadline: 10m, backoff: {initial: 10ms, max: 10ms, jitter: none}"

    assert len(play(file_of(policy=policy), "[{status: 500}]").sent) == 50


@pytest.mark.parametrize("backoff", ["{initial: 10s}", "{initial: 10s, max: 5s}"])
def test_rule_03_an_initial_wait_above_the_maximum_is_a_finding(backoff: str) -> None:
    """Whoever writes ``initial: 10s`` must not get five seconds because the maximum is five by default."""
    assert load(file_of(policy=f"deadline: 60s, backoff: {backoff}").encode(), "f").diagnostics


BUSY = "{name: busy, match: {status: 409}, action: retry, policy: two}"
TWO = f"two: {{attempts: 2, {EXACT}}}"


def test_rule_04_a_class_with_a_policy_has_its_own_counter() -> None:
    """The third request is the class's second: its cap of two stops, though the registration has 17 left."""
    played = play(file_of(policies=TWO, classes=BUSY), "[{status: 500}, {status: 409}]")

    assert classes_of(played) == ["unavailable", "busy", "busy"]
    assert ended(played.outcome) == ("failed", "busy", "attempts", 75)


def test_rule_04_a_failure_counts_against_exactly_one_counter() -> None:
    """What a class with a policy takes does not shorten the registration's cap, nor the other way round."""
    text = file_of(
        policy=f"attempts: 3, {EXACT}", policies="many: {attempts: 9}", classes=BUSY.replace("two", "many")
    )
    played = play(text, "[{status: 409, times: 5}, {status: 500, times: 2}, {status: 409}, {status: 200}]")

    assert played.outcome.state == "registered"
    assert len(played.sent) == 9


def test_rule_04_classes_without_a_policy_share_the_registrations_counter() -> None:
    """Two classes that name no policy spend the same attempts: three in all, not three each."""
    text = file_of(
        policy=f"attempts: 3, {EXACT}",
        classes="{name: a, match: {status: 409}, action: retry}, {name: b, match: {status: 423}, action: retry}",
    )
    played = play(text, "[{status: 409}, {status: 423}, {status: 409}]")

    assert classes_of(played) == ["a", "b", "a"]
    assert ended(played.outcome) == ("failed", "a", "attempts", 75)


def test_rule_04_two_classes_that_name_one_policy_have_a_counter_each() -> None:
    """A policy is a rule and not a purse: each class that names it counts for itself."""
    text = file_of(
        policies=TWO, classes=f"{BUSY}, {{name: locked, match: {{status: 423}}, action: retry, policy: two}}"
    )
    played = play(text, "[{status: 409}, {status: 423}, {status: 200}]")

    assert played.outcome.state == "registered"


def test_rule_04_a_refused_connection_costs_no_attempt() -> None:
    """The built-in class for servers that are not up yet has its own policy without a cap."""
    played = play(
        file_of(policy="attempts: 1, deadline: 60s"), "[{error: connect-refused, for: 20s}, {status: 200}]"
    )

    assert played.outcome.state == "registered"


def test_rule_04_a_success_costs_no_attempt() -> None:
    """Only failures count: with one attempt each, all steps and the verification still run."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
retry_policies: {default: {attempts: 1}}
registrations:
  r:
    steps:
      - {name: a, request: {path: /a}}
      - {name: b, request: {method: PUT, path: /b}}
    verify: {request: {path: /v}}
"""
    played = play(text, "[{status: 200}]")

    assert [each.request.step for each in played.sent] == ["a", "b", "verify"]
    assert played.outcome.state == "registered"


def test_rule_04_a_verbs_policy_is_a_counter_of_its_own() -> None:
    """The verification may look ten times though the registration itself is sent twice at most."""
    text = file_of(
        policy=f"attempts: 2, {EXACT}",
        policies="look: {attempts: 10, backoff: {initial: 1s, max: 1s, jitter: none}}",
        more="verify: {policy: look, request: {path: /r}}",
    )
    given = "[{step: register, status: 500}, {step: register, status: 200}, {step: verify, status: 404, times: 9}, {step: verify}]"
    played = play(text, given)

    assert played.outcome.state == "registered"
    assert len(played.sent) == 12


def test_rule_05_another_class_in_between_resets_neither_counter_nor_backoff() -> None:
    """Alternating 503 and 409 must not keep the waits short: each class's own count is its exponent."""
    classes = "{name: busy, match: {status: 409}, action: retry}"
    given = "[{status: 503}, {status: 409}, {status: 503}, {status: 409}, {status: 503}, {status: 200}]"

    assert waits_s(play(file_of(classes=classes), given)) == [1, 1, 2, 2, 4]


def test_rule_05_a_success_in_between_resets_nothing() -> None:
    """What the first step spent is spent for the second: caps and waits go on where they were."""
    text = f"""
version: 1
endpoints: {{e: {{url: "http://h"}}}}
retry_policies: {{default: {{attempts: 4, {EXACT}}}}}
registrations:
  r:
    steps:
      - {{name: a, request: {{path: /a}}}}
      - {{name: b, request: {{method: PUT, path: /b}}}}
"""
    played = play(text, "[{step: a, status: 500, times: 2}, {step: a}, {step: b, status: 500}]")

    assert waits_s(played) == [1, 2, 4]
    assert ended(played.outcome) == ("failed", "unavailable", "attempts", 75)
    assert [each.request.step for each in played.sent] == ["a", "a", "a", "b", "b"]


def test_rule_06_the_class_is_decided_afresh_for_each_attempt() -> None:
    """A permanent answer ends the run at once, though many attempts are left."""
    played = play(file_of(), "[{status: 503, times: 2}, {status: 403}]")

    assert classes_of(played) == ["unavailable", "unavailable", "denied"]
    assert ended(played.outcome) == ("failed", "denied", "fatal", 77)


def test_rule_07_the_first_class_that_matches_wins() -> None:
    """Order decides and not how specific a class is."""
    wide = "{name: wide, match: {status: 4xx}, action: fail, exit_code: 10}"
    narrow = "{name: narrow, match: {status: 404}, action: retry}"

    assert play(file_of(classes=f"{wide}, {narrow}"), "[{status: 404}]").outcome.class_name == "wide"
    assert (
        classes_of(play(file_of(classes=f"{narrow}, {wide}"), "[{status: 404}, {status: 200}]"))[0]
        == "narrow"
    )


LEVELS = {
    "step": "{name: step, match: {status: 404}, action: fail}",
    "registration": "{name: registration, match: {status: 404}, action: fail}",
    "endpoint": "{name: endpoint, match: {status: 404}, action: fail}",
    "file": "{name: file, match: {status: 404}, action: fail}",
}


@pytest.mark.parametrize("without", range(5))
def test_rule_07_the_innermost_class_is_asked_first_and_the_built_in_last(without: int) -> None:
    """Step, registration, endpoint, file, built-in: that is the order."""
    order = [*LEVELS, "missing"]
    classes = {level: text if order.index(level) >= without else "" for level, text in LEVELS.items()}
    text = f"""
version: 1
endpoints: {{e: {{url: "http://h", failure_classes: [{classes["endpoint"]}]}}}}
failure_classes: [{classes["file"]}]
registrations:
  r:
    failure_classes: [{classes["registration"]}]
    steps:
      - {{name: s, request: {{path: /}}, failure_classes: [{classes["step"]}]}}
"""

    assert order[without] == play(text, "[{status: 404}]").outcome.class_name


def test_rule_07_a_verbs_classes_are_asked_before_the_registrations() -> None:
    """What stands within ``verify`` holds for the verification only, and comes first there."""
    text = file_of(
        more=(
            "failure_classes: [{name: outer, match: {status: 409}, action: fail}],"
            "verify: {request: {path: /r}, failure_classes: [{name: inner, match: {status: 409}, action: fail}]}"
        )
    )

    assert play(text, "[{status: 409}]").outcome.class_name == "outer"
    assert play(text, "[{step: register}, {step: verify, status: 409}]").outcome.class_name == "inner"


def test_rule_36_every_attempt_is_kept_and_the_headline_is_the_last() -> None:
    """The report has each attempt with its class, and what ended the run comes from the last one."""
    played = play(file_of(), "[{error: connect-refused}, {status: 503}, {status: 422}]", chance=lambda: 0.0)
    first, second, third = played.outcome.attempts

    assert (first.class_name, first.error_kind, first.status) == ("unreachable", "connect-refused", None)
    assert (second.class_name, second.error_kind, second.status) == ("unavailable", None, 503)
    assert (third.class_name, third.error_kind, third.status) == ("rejected", None, 422)
    assert [each.number for each in played.outcome.attempts] == [1, 2, 3]
    assert ended(played.outcome) == ("failed", "rejected", "fatal", 76)


def test_rule_36_an_attempt_has_its_start_its_end_and_the_wait_after_it() -> None:
    """From the records alone one can see where the time went."""
    played = play(file_of(), "[{status: 503, latency: 2s}, {status: 200, latency: 3s}]")
    first, second = played.outcome.attempts

    assert (first.started_s, first.ended_s, first.wait_s) == (0, 2, 1)
    assert (second.started_s, second.ended_s, second.wait_s) == (3, 6, None)
    assert (played.outcome.started_s, played.outcome.ended_s) == (0, 6)


def test_rule_36_a_start_from_the_beginning_keeps_its_wait_too() -> None:
    """``start_over`` waits like ``retry`` does, and the record of the attempt says how long."""
    classes = "{name: again, match: {status: 409}, action: start_over}"

    assert waits_s(play(file_of(classes=classes), "[{status: 409}, {status: 200}]")) == [1]
