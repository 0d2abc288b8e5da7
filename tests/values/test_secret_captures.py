"""A secret that a step captures is known from the answer that first holds it, and not only from one that succeeds."""

import json
from typing import Any

import pytest
from support.harness import Played, play
from values.test_secrets_cut import told_by

CAPTURED = "CAPTUREDsecret-0123456789abcdef"
OWN = """\
registrations:
  r:
    request: {method: PUT, path: /a}
    capture: {token: {body: token, secret: true}, expires: {body: expires}}
"""
HEADER = """\
registrations:
  r: {request: {method: PUT, path: /a}, capture: {token: {header: X-Token, secret: true}, expires: {body: expires}}}
"""
TEXT = """\
registrations:
  r: {request: {method: PUT, path: /a}, capture: {token: {text: 'token is (\\S+)', secret: true}, expires: {body: expires}}}
"""
LOGIN = """\
registrations: {r: {request: {method: PUT, path: /a}}}
"""
BODY = {"token": CAPTURED, "message": f"your token is {CAPTURED}"}
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "another capture is missing": (OWN, {"status": 200, "body": BODY}),
    "the server failed": (OWN, {"status": 500, "body": BODY}),
    "the server refused": (OWN, {"status": 400, "body": BODY}),
    "a header of a failure": (HEADER, {"status": 500, "headers": {"X-Token": CAPTURED}, "body": BODY}),
    "a text of a failure": (TEXT, {"status": 500, "body": {"message": f"your token is {CAPTURED} now"}}),
    "a redirect": (OWN, {"status": 302, "headers": {"Location": f"/{CAPTURED}"}, "body": BODY}),
    "a login that failed": (LOGIN, {"status": 500, "body": BODY}),
    "a login that lacks something": (LOGIN, {"status": 200, "body": BODY}),
}


def played_with(registrations: str, answer: dict[str, Any]) -> Played:
    login = (
        ", login: {request: {method: POST, path: /l}, capture: {token: token, expires: expires}},"
        ' auth: {bearer: "${login.token}"}'
    )
    text = (
        "version: 1\nreport: {bodies: true}\n"
        f'endpoints: {{e: {{url: "http://h"{login if registrations == LOGIN else ""}}}}}\n'
        f"retry_policies: {{default: {{attempts: 2}}}}\n{registrations}"
    )
    return play(text, json.dumps([answer] * 9))


@pytest.mark.parametrize("what", ANSWERS)
def test_what_is_captured_from_an_answer_that_fails_is_masked_in_all_that_is_told_of_it(what: str) -> None:
    registrations, answer = ANSWERS[what]
    played = played_with(registrations, answer)
    told = told_by(played)

    assert played.outcome.exit_status != 0
    assert f"answered {answer['status']}" in told
    assert CAPTURED[:8] not in told


def test_a_default_that_is_no_secret_of_the_server_is_not_masked() -> None:
    text = OWN.replace("secret: true", "secret: true, default: unknown")
    played = played_with(text, {"status": 500, "body": {"message": "unknown service"}})

    assert "unknown service" in told_by(played)


@pytest.mark.parametrize(
    ("status", "said"), [(200, "at most 16384 are taken"), (400, "answered 400 Bad Request")]
)
def test_more_secrets_than_can_be_kept_secret_are_an_answer_that_is_too_large(status: int, said: str) -> None:
    body = {"token": "/" * 70_000 + CAPTURED, "message": CAPTURED}
    played = played_with(OWN, {"status": status, "body": body})
    told = told_by(played)

    assert said in told
    assert "the secrets to capture have 70031 characters" in told
    assert CAPTURED[:8] not in told
    assert played.outcome.exit_status == 76
