"""The server's own words, found in the shapes in which servers say them, and what was there instead of what was expected."""

import json
from typing import Any

import pytest
from support.harness import play
from support.rule_files import file_of

HTML = "text/html; charset=utf-8"


def said(
    body: Any,
    *,
    status: int = 400,
    content_type: str | None = None,
    environment: dict[str, str] | None = None,
) -> str | None:
    """Return the words that are told of an answer."""
    answer: dict[str, Any] = {"status": status, "body": body}
    if content_type is not None:
        answer["headers"] = {"Content-Type": content_type}
    text = (
        file_of(endpoint="headers: {X-Key: '${var.key}'}")
        + "variables: {key: {env: KEY, secret: true, default: unused}}\n"
    )
    return play(text, json.dumps([answer]), environment=environment).outcome.server_message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "no such pool"}, "no such pool"),
        ({"group": "namespace", "code": "not_found", "message": "none"}, "namespace.not_found: none"),
        ({"errors": ["permission denied"]}, "permission denied"),
        ({"errors": ["one", "two"]}, "one; two"),
        ({"errors": [{"title": "Bad", "detail": "pool is too long"}]}, "pool is too long"),
        ({"errors": [{"message": "unknown field"}]}, "unknown field"),
        ({"errors": {"name": ["is taken"], "port": "is no number"}}, "name: is taken; port: is no number"),
        ({"errorMessage": "Realm does not exist"}, "Realm does not exist"),
        ({"error_code": 409, "message": "Connector exists"}, "Connector exists"),
        ({"error": "invalid_client", "error_description": "Client authentication failed"}, "Client authentication failed"),
        ({"error": "not_authorised", "reason": "Access refused."}, "Access refused."),
        ({"error": "bad_request", "reason": "inequivalent arg 'durable'"}, "inequivalent arg 'durable'"),
        ({"error": {"type": "x", "reason": "no such index"}}, "no such index"),
        ({"detail": [{"loc": ["body", "port"], "msg": "field required"}]}, "body.port: field required"),
        ({"type": "about:blank", "title": "Conflict", "detail": "the name is taken"}, "the name is taken"),
        ({"kind": "Status", "message": "pods is forbidden", "reason": "Forbidden"}, "pods is forbidden"),
        ({"Message": "access denied"}, "access denied"),
        ("plain words\n", "plain words"),
        ([{"message": "one"}], "one"),
        ({"errors": []}, None),
        ({}, None),
        ({"at": 7, "state": "BROKEN"}, '{"at": 7, "state": "BROKEN"}'),
    ],
)  # fmt: skip
def test_the_servers_words_are_found_in_the_usual_shapes(body: Any, words: str | None) -> None:
    """The longer text says more than a code."""
    assert said(body) == words


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><head><title>Access &amp; login</title></head><body>x</body></html>", "Access & login"),
        ("<html><title>\n 400 Bad Request\n</title></html>", None),
        ("<html><body>no title</body></html>", "<html><body>no title</body></html>"),
        ("x" * 1000, "x" * 197 + "..."),
    ],
)
def test_a_page_says_its_title_or_its_beginning(page: str, words: str | None) -> None:
    """A title that repeats the status says nothing new."""
    assert said(page, content_type=HTML) == words


def test_what_is_unfamiliar_is_shown_masked_and_cleaned() -> None:
    """An excerpt of a body is a stranger's text like any other."""
    shown = said("<p>s3cr3t-of-ours \x1b[31m", content_type=HTML, environment={"KEY": "s3cr3t-of-ours"})

    assert shown is not None
    assert "s3cr3t" not in shown
    assert "\x1b" not in shown


def test_a_success_is_not_quoted() -> None:
    """What was asked for may be anything, a token say; only refusals are."""
    played = play(file_of(more="expect: {status: 201}"), "[{status: 200, body: {token: abc}}]")

    assert played.outcome.server_message is None
    assert played.outcome.message == "answered 200 OK, but 201 was expected"


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("body: {state: {equals: RUNNING}}", 'state equals RUNNING does not hold: it is "FAILED"'),
        ("body: {name: {exists: true}}", "name exists true does not hold: nothing is there"),
        ("headers: {X-State: {equals: up}}", 'the header X-State equals up does not hold: it is "down"'),
    ],
)
def test_an_unmet_expectation_says_what_was_there(expect: str, message: str) -> None:
    """Who reads it at night need not send the request again to know."""
    given = "[{headers: {X-State: down}, body: {state: FAILED}}]"
    outcome = play(file_of(more=f"expect: {{{expect}}}", policy="attempts: 1"), given).outcome

    assert outcome.message == f"answered 200 OK, but {message}"


def test_a_capture_that_finds_nothing_says_what_the_answer_has() -> None:
    """A renamed key is seen at once."""
    outcome = play(
        file_of(more="capture: {id: id}", policy="attempts: 1"), "[{body: {ID: 1, name: x}}]"
    ).outcome

    assert outcome.message is not None
    assert outcome.message.endswith('nothing was found for the capture "id" (id): the answer has ID, name')


def test_what_was_there_is_shortened() -> None:
    """A whole list of a thousand services is no line of a log."""
    outcome = play(
        file_of(more="expect: {body: {v: {equals: 1}}}", policy="attempts: 1"),
        json.dumps([{"body": {"v": "y" * 5000}}]),
    ).outcome

    assert outcome.message is not None
    assert outcome.message.endswith("y...")
    assert len(outcome.message) < 250
