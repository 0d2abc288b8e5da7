"""Rules 39, 41, 45, 46 and 59 to 61, as far as the engine shows them; sockets are the transport lab's."""

import json
from datetime import UTC, datetime

import pytest
from support.harness import plan_of, play
from support.rule_files import POST, PUT, classes_of, ended, file_of, waits_s

from runner.language.terms import Processed, TransportKind
from runner.model.bound import Scope
from runner.model.exchange import TransportFailure
from runner.model.failure import Failure
from runner.retry.classify import History, classify
from runner.values.secret import Redactor

EXPECTED = {
    "unreachable": {
        TransportKind.DNS,
        TransportKind.DNS_TEMPORARY,
        TransportKind.CONNECT_REFUSED,
        TransportKind.CONNECT_UNREACHABLE,
        TransportKind.CONNECT_TIMEOUT,
        TransportKind.CONNECT_RESET,
        TransportKind.PROXY_CONNECT,
        TransportKind.PROXY_DISCONNECTED,
    },
    "unavailable": {
        TransportKind.DISCONNECTED_BEFORE_RESPONSE,
        TransportKind.DISCONNECTED_MID_HEADERS,
        TransportKind.DISCONNECTED_MID_BODY,
        TransportKind.READ_TIMEOUT,
        TransportKind.READ_TIMEOUT_BODY,
        TransportKind.TOTAL_TIMEOUT,
    },
    "untrusted": {TransportKind.TLS_VERIFY},
    "handshake": {TransportKind.TLS_HANDSHAKE},
    "local": {TransportKind.LOCAL_RESOURCE},
}
CLASS_OF = {kind: name for name, kinds in EXPECTED.items() for kind in kinds}


@pytest.mark.parametrize("kind", TransportKind)
def test_every_kind_of_transport_failure_has_a_class(kind: TransportKind) -> None:
    """The list of kinds is closed, and none of them is decided by accident."""
    played = play(file_of(), f"[{{error: {kind}}}, {{status: 200}}]")

    assert CLASS_OF.get(kind, "unexpected") == played.outcome.attempts[0].class_name
    assert kind == played.outcome.attempts[0].error_kind


def test_rule_39_a_repetition_asks_for_a_new_connection() -> None:
    """The old connection is part of what may have failed."""
    played = play(file_of(), "[{status: 503, times: 2}, {status: 200}]")

    assert [each.request.fresh_connection for each in played.sent] == [False, True, True]


@pytest.mark.parametrize(
    ("request_of", "fresh"),
    [(PUT, False), ("{path: /r}", False), (POST, True), ("{method: PATCH, path: /r}", True)],
)
def test_rule_39_what_must_not_be_repeated_asks_for_a_new_connection_at_once(
    request_of: str, fresh: bool
) -> None:
    """On a kept one that the server closes meanwhile it would be lost, and nobody could send it again."""
    played = play(file_of(request_of), "[{status: 200}]")

    assert [each.request.fresh_connection for each in played.sent] == [fresh]


UNREADABLE = ["payload-too-large", "body-undecodable", "disconnected-mid-body", "total-timeout"]


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "rejected"),
        (403, "denied"),
        (404, "missing"),
        (503, "unavailable"),
        (530, "unavailable"),
        (501, "unexpected"),
    ],
)
def test_rule_43_an_error_answer_is_what_its_status_says_whatever_is_wrong_with_its_body(
    kind: str, status: int, name: str
) -> None:
    """A refusal with a coding that lies is a refusal; and one that a class of the file knows by its kind is that."""
    failure = judged(status, kind=TransportKind(kind))
    mine = f"{{name: mine, match: {{errors: {kind}}}, action: retry}}"
    known = judged(status, kind=TransportKind(kind), classes=mine)

    assert failure.failure_class.name == name
    assert failure.processed is (Processed.STARTED if status == 530 else Processed.NEVER)
    assert known.failure_class.name == "mine"


@pytest.mark.parametrize("kind", UNREADABLE)
def test_rule_43_a_success_whose_body_cannot_be_read_is_none(kind: str) -> None:
    """The status asks for the body then."""
    assert judged(200, kind=TransportKind(kind)).processed is Processed.STARTED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("request_of", [PUT, POST])
def test_rule_41_a_redirect_is_an_answer_and_never_followed(status: int, request_of: str) -> None:
    """One request, and the failure names the target."""
    given = f"[{{status: {status}, headers: {{Location: 'http://other/login?token=x'}}}}, {{status: 200}}]"
    played = play(file_of(request_of), given)

    assert len(played.sent) == 1
    assert ended(played.outcome) == ("failed", "rejected", "fatal", 76)
    assert "http://other/login," in str(played.outcome.message)


def test_rule_41_a_redirect_can_be_what_is_expected() -> None:
    """Who expects a 302 has it as any other answer."""
    assert play(file_of(more="expect: {status: 302}"), "[{status: 302}]").outcome.state == "registered"


@pytest.mark.parametrize(
    "kind", ["protocol-error", "tls-alert-after-handshake", "payload-too-large", "body-undecodable"]
)
def test_rule_45_garbage_is_no_answer_and_not_retried(kind: str) -> None:
    """What does not speak HTTP will not learn it; for a POST nobody knows what it did."""
    assert ended(play(file_of(), f"[{{error: {kind}}}]").outcome) == ("failed", "unexpected", "fatal", 76)
    assert ended(play(file_of(POST), f"[{{error: {kind}}}]").outcome) == (
        "unknown",
        "unexpected",
        "fatal",
        74,
    )


def test_rule_46_an_attempt_always_ends() -> None:
    """Without a word about timeouts an attempt ends after fifteen seconds."""
    played = play(file_of(), "[{error: total-timeout}, {status: 200}]", chance=lambda: 0.0)

    assert (played.outcome.attempts[0].started_s, played.outcome.attempts[0].ended_s) == (0, 15)


def test_connecting_always_ends() -> None:
    """Without a word about timeouts a connection is waited for three seconds."""
    played = play(file_of(), "[{error: connect-timeout}, {status: 200}]", chance=lambda: 0.0)

    assert (played.outcome.attempts[0].started_s, played.outcome.attempts[0].ended_s) == (0, 3)


def test_rule_59_a_shortage_of_our_own_is_not_counted_against_the_server() -> None:
    """No descriptors left: longer gaps, and not one of the registration's attempts is spent."""
    text = file_of(policy="attempts: 1, deadline: 60s")
    played = play(text, "[{error: local-resource, times: 4}, {status: 200}]", chance=lambda: 0.0)

    assert played.outcome.state == "registered"
    assert waits_s(played) == [0.5, 1, 2, 4]


def test_rule_60_a_proxys_refusal_is_not_the_servers() -> None:
    """The kind says who refused, and the request never reached the server: a POST is not unknown."""
    played = play(file_of(POST), "[{error: proxy-rejected}]")

    assert played.outcome.attempts[0].error_kind == "proxy-rejected"
    assert played.outcome.state == "failed"


def test_rule_61_whatever_else_goes_wrong_stops_and_is_named() -> None:
    """An error that nobody thought of is not retried."""
    played = play(file_of(), "[{error: internal}, {status: 200}]")

    assert classes_of(played) == ["unexpected"]
    assert played.outcome.state == "failed"


def test_a_broken_handshake_is_tried_twice_and_is_then_for_good() -> None:
    """It is most often a wrong port, and seldom a proxy that is just starting."""
    assert ended(play(file_of(), "[{error: tls-handshake}]").outcome) == (
        "failed",
        "handshake",
        "attempts",
        76,
    )
    assert len(play(file_of(), "[{error: tls-handshake}]").sent) == 2


def test_a_certificate_that_is_not_trusted_is_never_tried_again() -> None:
    """77: trying again would not make it trusted."""
    played = play(file_of(), "[{error: tls-verify}, {status: 200}]")

    assert ended(played.outcome) == ("failed", "untrusted", "fatal", 77)
    assert len(played.sent) == 1


def judged(
    status: int,
    *,
    kind: TransportKind = TransportKind.PAYLOAD_TOO_LARGE,
    classes: str = "",
    headers: dict[str, str] | None = None,
) -> Failure:
    """Judge an answer whose head was read and whose body could not be."""
    step = plan_of(file_of(classes=classes)).registrations["r"].register.steps[0]
    exchange = TransportFailure(
        kind=kind,
        processed=Processed.STARTED,
        message="the answer is larger than 7 bytes",
        status=status,
        headers=headers or {},
    )
    scope = Scope(variables={}, environment={}, files={}, captures={})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    verdict = classify(step, exchange, scope, history=History(), now=now, quote=Redactor().quote)
    assert isinstance(verdict, Failure)
    return verdict


@pytest.mark.parametrize(
    ("status", "name"),
    [(503, "unavailable"), (500, "unavailable"), (429, "throttled"), (404, "missing"), (403, "denied"), (422, "rejected")],
)  # fmt: skip
def test_an_error_whose_page_is_too_large_is_what_its_status_says(status: int, name: str) -> None:
    failure = judged(status)

    assert failure.failure_class.name == name
    assert failure.message.startswith(f"answered {status} ")
    assert failure.message.endswith(", but the answer is larger than 7 bytes")


def test_an_error_whose_page_is_too_large_still_has_its_headers() -> None:
    failure = judged(503, headers={"retry-after": "7"})

    assert (failure.failure_class.name, failure.retry_after_s) == ("throttled", 7)
    assert failure.processed is Processed.NEVER


@pytest.mark.parametrize("match", ["{status: 503}", "{errors: payload-too-large}"])
def test_a_class_takes_an_error_whose_page_is_too_large_by_its_status_or_by_its_size(match: str) -> None:
    taken = judged(503, classes=f"{{name: mine, match: {match}, action: fail}}")

    assert taken.failure_class.name == "mine"


def test_a_class_that_asks_for_the_body_does_not_take_one_that_was_not_read() -> None:
    entry = "{name: mine, match: {status: 503, text: {empty: true}}, action: fail}"

    assert judged(503, classes=entry).failure_class.name == "unavailable"


def test_a_success_whose_body_is_too_large_is_none() -> None:
    failure = judged(200, classes="{name: mine, match: {status: 200}, action: succeed}")

    assert failure.failure_class.name == "unexpected"
    assert failure.message == "the answer is larger than 7 bytes"


FOLLOWS = """
version: 1
endpoints: {e: {url: "http://h"}}
registrations:
  r:
    steps:
      - {name: a, request: {path: /a}, capture: {loc: loc}}
      - {name: b, request: {path: "${a.loc}"}}
"""


@pytest.mark.parametrize(
    "reference",
    [
        "http://[::1",
        "//[",
        "http://a\u2100b/",
        "//h:port/",
        "http://h:99999/",
        "//\u0000",
        "http://h\r\nX: y",
    ],
)
def test_a_reference_that_is_no_url_is_a_failure_and_no_request(reference: str) -> None:
    """Whatever a server sends as a Location ends in a class."""
    played = play(FOLLOWS, json.dumps([{"step": "a", "body": {"loc": reference}}, {"step": "b"}]))

    assert ended(played.outcome) == ("failed", "unexpected", "fatal", 76)
    assert [each.request.step for each in played.sent] == ["a"]


def test_a_request_that_has_no_text_is_not_counted_as_one() -> None:
    """Nobody has seen it."""
    played = play(FOLLOWS, json.dumps([{"step": "a", "body": {"loc": "http://other/"}}]))

    assert played.outcome.step == "b"
    assert (played.outcome.requests, len(played.sent)) == (1, 1)
