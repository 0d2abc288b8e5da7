"""Whatever of a server's text is cut is masked first: the half of a secret is not known as one."""

import json
from typing import Any

import pytest
from support.harness import Played, play

from runner.report.json_report import render_json
from runner.report.log_line import text_line
from runner.report.summary import render_summary

JWT = "eyJhbGciOiJIUzI1NiJ9" + "".join(f"{number:04x}" for number in range(200)) + "TAIL"
PHRASE = "correct-horse?battery-staple"
WORDS = {"status": 400, "headers": {"Content-Type": "text/plain"}}

CUT = {
    "a Location that is longer than is shown": (JWT, {"status": 302, "headers": {"Location": "https://h/" + JWT}}),
    "a Location that ends in one": (JWT, {"status": 302, "headers": {"Location": "/" + "p" * 290 + JWT}}),
    "what looks like the query of a Location": (PHRASE, {"status": 307, "headers": {"Location": "/t/" + PHRASE}}),
    "what looks like a fragment": ("correct-horse#tail", {"status": 307, "headers": {"Location": "/correct-horse#tail"}}),
    "a Retry-After that cannot be read": (JWT, {"status": 429, "headers": {"Retry-After": JWT}}),
    "words after many spaces": (JWT, {"status": 400, "body": {"detail": "x" + " " * 3960 + JWT}}),
    "words after more spaces": (JWT, {"status": 400, "body": {"detail": "x" + " " * 69_000 + JWT}}),
    "plain words after many lines": (JWT, WORDS | {"body": "x" + "\n" * 3960 + JWT}),
    "a long word": (JWT, {"status": 400, "body": {"detail": "x" * 280 + JWT}}),
}  # fmt: skip


def played_with(secret: str, answer: dict[str, Any]) -> Played:
    text = """\
version: 1
variables: {s: {env: S, secret: true}}
endpoints: {e: {url: "http://h", auth: {bearer: "${var.s}"}}}
retry_policies: {default: {attempts: 2}}
registrations: {r: {endpoint: e, request: {method: PUT, path: /a}}}
"""
    return play(text, json.dumps([answer, answer]), environment={"S": secret})


def told_by(played: Played) -> str:
    """All that a run says, whoever reads it."""
    lines = [text_line(event) for event in played.events]
    return "\n".join([*lines, render_json(played.report), render_summary(played.report)])


@pytest.mark.parametrize("what", CUT)
def test_no_part_of_a_secret_is_left_where_a_servers_text_is_cut(what: str) -> None:
    secret, answer = CUT[what]
    told = told_by(played_with(secret, answer))

    assert str(answer["status"]) in told
    assert secret[:6] not in told


def test_where_a_redirect_leads_is_told_without_its_query() -> None:
    redirect = {"status": 302, "headers": {"Location": "https://login.example/a?code=7#token=8"}}

    assert "a redirect to https://login.example/a, which is not followed" in told_by(
        played_with(JWT, redirect)
    )
