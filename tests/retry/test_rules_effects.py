"""Rules 29 to 31 and 33: what may be sent again, and what nobody knows."""

import pytest
from support.harness import Played, play
from support.rule_files import EXACT, POST, PUT, classes_of, ended, file_of

from runner.model.why import FoundNothing
from runner.report.story import message_of

MAYBE_PROCESSED = [
    "disconnected-before-response",
    "disconnected-mid-headers",
    "disconnected-mid-body",
    "read-timeout",
    "read-timeout-body",
    "total-timeout",
]
NEVER_SENT = [
    "dns",
    "dns-temporary",
    "connect-refused",
    "connect-unreachable",
    "connect-timeout",
    "connect-reset",
    "local-resource",
    "tls-handshake",
    "proxy-connect",
    "proxy-disconnected",
]
VERIFY = "verify: {request: {path: /r}}"


@pytest.mark.parametrize("kind", MAYBE_PROCESSED)
def test_rule_29_a_post_that_may_have_been_processed_is_not_repeated(kind: str) -> None:
    """One request, and the honest answer: unknown, look before you restart."""
    played = play(file_of(POST), f"[{{error: {kind}}}, {{status: 200}}]")

    assert len(played.sent) == 1
    assert ended(played.outcome) == ("unknown", "unavailable", "fatal", 74)
    assert played.report.exit_status == 74


@pytest.mark.parametrize("kind", MAYBE_PROCESSED)
@pytest.mark.parametrize(
    "request_of", [PUT, "{method: DELETE, path: /r}", "{path: /r}", POST[:-1] + ", idempotent: true}"]
)
def test_rule_29_what_is_idempotent_is_repeated(kind: str, request_of: str) -> None:
    """By its method, or because the file says so."""
    played = play(file_of(request_of), f"[{{error: {kind}}}, {{status: 200}}]")

    assert played.outcome.state == "registered"
    assert len(played.sent) == 2


@pytest.mark.parametrize("request_of", ["{method: PATCH, path: /r}", PUT[:-1] + ", idempotent: false}"])
def test_rule_29_patch_and_what_the_file_calls_not_idempotent_are_like_post(request_of: str) -> None:
    """PATCH may append, and a PUT whose author knows better is believed."""
    assert play(file_of(request_of), "[{error: read-timeout}]").outcome.state == "unknown"


def test_rule_29_a_declared_retry_does_not_repeat_a_post_either() -> None:
    """A class cannot make safe what is not: only ``idempotent`` on the request can."""
    classes = "{name: mine, match: {errors: read-timeout}, action: retry}"
    played = play(file_of(POST, classes=classes), "[{error: read-timeout}, {status: 200}]")

    assert ended(played.outcome) == ("unknown", "mine", "fatal", 74)


def test_rule_29_nor_does_a_start_from_the_beginning() -> None:
    """``start_over`` would send the POST again as well."""
    classes = "{name: mine, match: {status: 500}, action: start_over}"
    played = play(file_of(POST, classes=classes), "[{status: 500}, {status: 200}]")

    assert len(played.sent) == 1
    assert played.outcome.state == "unknown"


@pytest.mark.parametrize("kind", NEVER_SENT)
@pytest.mark.parametrize("request_of", [POST, "{method: PATCH, path: /r}"])
def test_rule_30_what_was_never_sent_may_be_sent_with_any_method(kind: str, request_of: str) -> None:
    """Before the first byte there is nothing to repeat."""
    played = play(file_of(request_of), f"[{{error: {kind}}}, {{status: 200}}]")

    assert played.outcome.state == "registered"
    assert len(played.sent) == 2


@pytest.mark.parametrize("status", [500, 502, 504, 520, 530, 599])
def test_rule_31_a_server_error_may_come_after_the_work_was_done(status: int) -> None:
    """A created object and a 500 was seen on several servers, so a POST stops there."""
    assert ended(play(file_of(POST), f"[{{status: {status}}}]").outcome) == (
        "unknown",
        "unavailable",
        "fatal",
        74,
    )


@pytest.mark.parametrize(
    "answer",
    [
        "{status: 429}",
        "{status: 503}",
        "{status: 503, headers: {Retry-After: '1'}}",
        "{status: 408}",
        "{status: 421}",
        "{status: 425}",
    ],
)
def test_rule_31_a_deferral_says_that_nothing_was_done(answer: str) -> None:
    """408, 421, 425, 429 and 503 say that the request was not handled, and a POST may be sent again."""
    assert play(file_of(POST), f"[{answer}, {{status: 200}}]").outcome.state == "registered"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, 76), (403, 77), (404, 76), (409, 76), (422, 76), (302, 76), (501, 76), (505, 76), (511, 76)],
)
def test_rule_31_a_refusal_leaves_no_doubt(status: int, expected: int) -> None:
    """What the server refuses it has not done: a POST fails, and is not unknown."""
    outcome = play(file_of(POST), f"[{{status: {status}}}]").outcome

    assert ("failed", expected) == (outcome.state, outcome.exit_status)


def test_rule_31_a_refusal_that_a_class_retries_is_retried_for_a_post() -> None:
    """Kafka Connect answers 409 while it rebalances: nothing was created, so the POST goes out again."""
    classes = "{name: rebalancing, match: {status: 409}, action: retry}"

    assert (
        play(file_of(POST, classes=classes), "[{status: 409, times: 2}, {status: 201}]").outcome.state
        == "registered"
    )


@pytest.mark.parametrize("exit_status", [10, 76])
def test_rule_31_an_answer_that_the_file_calls_a_failure_is_one_for_a_post_too(exit_status: int) -> None:
    """A complete answer that a declared class fails is no mystery: the file knows what it means."""
    classes = f"{{name: says-no, match: {{status: 200, body: {{failure: {{exists: true}}}}}}, action: fail, exit_code: {exit_status}}}"
    played = play(file_of(POST, classes=classes), "[{status: 200, body: {failure: {error: unreachable}}}]")

    assert ("failed", "says-no", "fatal", exit_status) == ended(played.outcome)


def test_rule_31_a_created_object_without_what_was_to_be_captured_is_unknown() -> None:
    """201 says that it was created; that the identifier is missing does not undo it, and a repeat makes two."""
    played = play(file_of(POST, more="capture: {id: id}"), "[{status: 201, body: {}}]")

    assert len(played.sent) == 1
    assert ended(played.outcome) == ("unknown", "pending", "fatal", 74)


ALREADY = "{name: exists, match: {status: 409, processed: [maybe, started]}, action: adopt}"


def test_rule_33_a_conflict_after_a_lost_answer_is_our_own_success() -> None:
    """The first PUT got through and its answer did not: the 409 to the second is about ourselves."""
    played = play(file_of(classes=ALREADY), "[{error: disconnected-before-response}, {status: 409}]")

    assert classes_of(played) == ["unavailable", "exists"]
    assert played.outcome.state == "registered"
    assert played.report.exit_status == 0


def test_rule_33_a_conflict_at_the_first_attempt_is_somebody_elses() -> None:
    """Without an attempt that may have been processed the same 409 is a refusal."""
    assert ended(play(file_of(classes=ALREADY), "[{status: 409}]").outcome) == (
        "failed",
        "rejected",
        "fatal",
        76,
    )


@pytest.mark.parametrize("kind", ["connect-refused", "dns", "tls-handshake"])
def test_rule_33_a_connection_that_was_never_made_explains_no_conflict(kind: str) -> None:
    """``processed: never`` is what all attempts before were."""
    played = play(file_of(classes=ALREADY), f"[{{error: {kind}}}, {{status: 409}}]")

    assert ended(played.outcome) == ("failed", "rejected", "fatal", 76)


@pytest.mark.parametrize("status", [429, 408])
def test_rule_33_a_deferral_explains_no_conflict(status: int) -> None:
    """An answer that says nothing was done is no attempt that may have been processed."""
    played = play(file_of(classes=ALREADY), f"[{{status: {status}}}, {{status: 409}}]")

    assert played.outcome.class_name == "rejected"


def test_rule_33_the_furthest_attempt_counts_and_not_the_last() -> None:
    """A refused connection after the lost answer does not make the first attempt unprocessed."""
    given = "[{error: read-timeout}, {error: connect-refused, times: 3}, {status: 409}]"

    assert play(file_of(classes=ALREADY), given).outcome.state == "registered"


def test_rule_33_another_steps_lost_answer_explains_nothing() -> None:
    """The conflict must be about the request that may have been processed."""
    text = f"""
version: 1
endpoints: {{e: {{url: "http://h"}}}}
failure_classes: [{ALREADY}]
registrations:
  r:
    steps:
      - {{name: a, request: {{method: PUT, path: /a}}}}
      - {{name: b, request: {{method: PUT, path: /b}}}}
"""
    given = "[{step: a, error: read-timeout}, {step: a}, {step: b, status: 409}]"

    assert ended(play(text, given).outcome) == ("failed", "rejected", "fatal", 76)


def test_rule_33_a_start_from_the_beginning_forgets_nothing() -> None:
    """The second round's conflict can be the first round's success."""
    classes = f"{{name: again, match: {{status: 500}}, action: start_over}}, {ALREADY}"

    assert play(file_of(classes=classes), "[{status: 500}, {status: 409}]").outcome.state == "registered"


def test_rule_33_a_conflict_can_be_a_success_in_any_case() -> None:
    """``action: succeed`` without ``processed`` is for servers where existing is all that is asked."""
    classes = "{name: exists, match: {status: 409}, action: succeed}"
    played = play(file_of(POST, classes=classes), "[{status: 409}]")

    assert (played.outcome.state, played.report.exit_status) == ("already_registered", 0)


@pytest.mark.parametrize(
    "failure", ["{step: register, error: read-timeout}", "{step: register, status: 500}"]
)
def test_an_unknown_post_is_registered_when_the_verification_finds_it(failure: str) -> None:
    """The POST is not repeated; looking answers the question."""
    played = play(file_of(POST, more=VERIFY), f"[{failure}, {{step: verify, status: 200}}]")

    assert [each.request.step for each in played.sent] == ["register", "verify"]
    assert (played.outcome.state, played.report.exit_status) == ("registered", 0)


LOST_THEN_ABSENT = "[{step: register, error: disconnected-before-response}, {step: verify, status: 404, times: 5}, {step: register, status: 201}, {step: verify}]"


def steps_of(played: Played) -> list[str]:
    return [str(each.request.step) for each in played.sent]


def test_an_unknown_post_is_sent_again_once_the_verification_has_found_nothing_for_two_seconds() -> None:
    """What was looked for long enough and is not there cannot be doubled."""
    played = play(file_of(POST, more=VERIFY, policy=EXACT), LOST_THEN_ABSENT)

    assert steps_of(played) == ["register", *["verify"] * 5, "register", "verify"]
    assert played.times_s == [0, 0, 0.5, 1, 1.5, 2, 3, 3]
    assert played.outcome.state == "registered"


def test_looking_for_an_unknown_post_spends_no_attempts() -> None:
    """``attempts: 2`` are two requests that register; what is not there yet is an answer and no failure."""
    played = play(file_of(POST, more=VERIFY, policy=f"attempts: 2, {EXACT}"), LOST_THEN_ABSENT)

    assert played.outcome.state == "registered"


def test_an_unknown_post_that_is_not_there_is_sent_again_within_the_policy() -> None:
    """The attempts bound it like any other, and a restart may help: nothing stands that it would double."""
    text = file_of(POST, more=VERIFY, policy=f"attempts: 3, {EXACT}")
    played = play(
        text, "[{step: register, error: disconnected-before-response}, {step: verify, status: 404}]"
    )

    assert ended(played.outcome) == ("failed", "unavailable", "attempts", 75)
    assert played.outcome.why == FoundNothing()
    assert steps_of(played).count("register") == 3


def test_an_unknown_post_that_no_policy_repeats_is_failed_when_it_is_not_there() -> None:
    """The class decides: an answer that is no HTTP is refused for good, now that it is known to have had no effect."""
    text = file_of(POST, more=VERIFY, policy=EXACT)
    played = play(text, "[{step: register, error: protocol-error}, {step: verify, status: 404}]")

    assert ended(played.outcome) == ("failed", "unexpected", "fatal", 76)


def test_an_unknown_post_is_unknown_when_the_deadline_ends_the_looking() -> None:
    """A second of absence proves nothing about a server that was too slow to answer."""
    text = file_of(POST, more=VERIFY, policy=f"deadline: 16s, {EXACT}")
    played = play(text, "[{step: register, error: read-timeout}, {step: verify, status: 404}]")

    assert ended(played.outcome) == ("unknown", "unavailable", "fatal", 74)
    assert steps_of(played).count("register") == 1


def test_an_unknown_post_of_several_steps_goes_on_where_it_was() -> None:
    """What the first step made is not made twice."""
    text = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    steps:
      - {name: a, request: {method: POST, path: /a}}
      - {name: b, request: {method: POST, path: /b}}
    verify: {request: {path: /r}}
"""
    given = "[{step: a}, {step: b, status: 500}, {step: b}, {step: verify, status: 404, times: 5}, {step: verify}]"
    played = play(text, given)

    assert steps_of(played) == ["a", "b", *["verify"] * 5, "b", "verify"]
    assert played.outcome.state == "registered"


def test_an_unknown_post_is_told_as_one_that_is_looked_for_and_then_sent_again() -> None:
    """The log says what follows, and not that nothing does."""
    messages = [
        message_of(each) for each in play(file_of(POST, more=VERIFY, policy=EXACT), LOST_THEN_ABSENT).events
    ]

    assert any(
        each.endswith("; it may have taken effect, which the verification decides") for each in messages
    )
    assert "the request had no effect, the verification finds nothing; again in 1s" in messages


def test_an_unknown_post_whose_content_is_not_there_is_sent_again() -> None:
    """An answer without what was expected says no as a 404 does."""
    more = "verify: {request: {path: /r}, expect: {body: {id: 1}}}"
    given = "[{step: register, error: read-timeout}, {step: register}, {step: verify, body: {id: 2}, times: 5}, {step: verify, body: {id: 1}}]"
    played = play(file_of(POST, more=more), given)

    assert steps_of(played).count("register") == 2
    assert played.outcome.state == "registered"


def test_an_unknown_post_that_is_being_made_is_not_sent_again() -> None:
    """202 says that something is under way, and a second request would make a second one."""
    more = "verify: {request: {path: /r}, expect: {status: 200}}"
    given = "[{step: register, error: disconnected-before-response}, {step: verify, status: 202, times: 3}, {step: verify}]"
    played = play(file_of(POST, more=more), given)

    assert steps_of(played).count("register") == 1
    assert played.outcome.state == "registered"


def test_an_unknown_post_waits_for_a_verification_that_is_not_there_yet() -> None:
    """A server that lost the answer may need a moment to show the result."""
    given = "[{step: register, error: read-timeout}, {step: verify, status: 404, times: 3}, {step: verify}]"

    assert play(file_of(POST, more=VERIFY), given).outcome.state == "registered"


@pytest.mark.parametrize(
    "answer", ["{status: 503}", "{status: 403}", "{error: connect-refused}", "{body: <html>}"]
)
def test_an_unknown_post_stays_unknown_when_the_verification_cannot_tell(answer: str) -> None:
    """Neither a server that is away nor one that refuses to show has said yes or no."""
    more = "verify: {request: {path: /r}, expect: {body: {id: 1}}}"
    given = f"[{{step: register, error: read-timeout}}, {{step: verify, {answer[1:]}]"

    assert ended(play(file_of(POST, more=more), given).outcome) == ("unknown", "unavailable", "fatal", 74)


def test_an_unknown_post_at_the_deadline_leaves_no_time_to_look() -> None:
    """The deadline bounds the verification as well; what nobody could look at is unknown."""
    text = file_of(POST, policy="deadline: 5s", more=VERIFY)
    played = play(text, "[{step: register, status: 200, latency: 10s}, {step: verify}]")

    assert (played.outcome.state, played.report.elapsed_s) == ("unknown", 5)
    assert [each.request.step for each in played.sent] == ["register"]


def test_what_was_not_sent_is_no_attempt_in_the_report() -> None:
    """When the deadline leaves no time, the report does not count a request that nobody saw."""
    text = file_of(POST, policy="deadline: 5s", more=VERIFY)
    played = play(text, "[{step: register, status: 200, latency: 10s}, {step: verify}]")

    assert len(played.sent) == len(played.outcome.attempts)


def test_a_verification_that_begins_again_repeats_an_unknown_post() -> None:
    """The file says what its 404 means: absent, from the first step."""
    more = "verify: {request: {path: /r}, failure_classes: [{name: again, match: {status: 404}, action: start_over}]}"
    given = "[{step: register, error: disconnected-before-response}, {step: register}, {step: verify, status: 404}, {step: verify}]"
    played = play(file_of(POST, more=more), given)

    assert steps_of(played) == ["register", "verify", "register", "verify"]
    assert played.outcome.state == "registered"


def test_a_deregistration_by_post_that_may_have_been_processed_is_unknown() -> None:
    """Undoing is judged like doing: etcd's revoke is a POST, and nobody knows whether it got through."""
    played = play(file_of(more=f"deregister: {{request: {POST}}}"), "[{error: read-timeout}]", undo=True)

    assert (played.outcome.state, played.report.exit_status) == ("unknown", 74)
