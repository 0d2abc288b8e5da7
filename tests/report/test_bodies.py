"""``report: {bodies: true}``: what servers answered is kept, masked before it is cut, and within bounds."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from msgspec.structs import replace
from support.harness import play
from support.process import Enlist, Server
from support.report_runs import HEAD, HOSTILE, ONE, hostile_run

from runner.engine.bodies import MAX_CHARS, MAX_TOTAL_CHARS
from runner.report.html_report import render_html
from runner.report.json_report import render_json

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "report.v1.schema.json").read_text(encoding="utf-8")
)
BODIES = "report: {bodies: true}\n"
SECRET = "t0p-s3cret"
LATER = """\
registrations:
  r:
    steps:
      - {name: first, request: {path: /a}}
      - {name: second, request: {path: /b}, capture: {token: {body: token, secret: true}}}
"""
LOGIN = HEAD.replace(
    'url: "http://h"',
    'url: "http://h", login: {request: {method: POST, path: /l}, capture: {token: token}}, auth: {bearer: "${login.token}"}',
)


def knowing(secret: str) -> str:
    """A file that sends a secret, so that it knows one."""
    variables = f"variables: {{t: {{value: {secret}, secret: true}}}}\n"
    return HEAD.replace('"http://h"', '"http://h", headers: {X: "${var.t}"}') + variables + ONE


def kept(text: str, given: list[Any]) -> list[tuple[str | None, str | None]]:
    """Play a file with bodies on; return each attempt's body and the note on it, as the valid report has them."""
    document = json.loads(render_json(play(text + BODIES, json.dumps(given)).report))
    Draft7Validator(SCHEMA).validate(document)
    return [
        (each["body"], each["body_note"]) for part in document["registrations"] for each in part["attempts"]
    ]


def test_nothing_is_kept_unless_the_file_asks_for_it() -> None:
    (attempt,) = play(HEAD + ONE, "[{status: 200, body: {a: 1}}]").outcome.attempts

    assert (attempt.body, attempt.body_note) == (None, None)


def test_the_bodies_of_successes_and_of_failures_are_kept_as_they_came() -> None:
    text = '{"a":\n\t"\x1b[31m"}'

    assert kept(HEAD + ONE, [{"status": 500, "body": text}, {"body": ""}]) == [(text, None), ("", None)]


def test_a_request_without_an_answer_has_no_body() -> None:
    assert kept(HEAD + ONE, [{"error": "connect-refused"}, {"status": 200}])[0] == (None, None)


def test_a_long_body_is_cut_and_its_length_is_said() -> None:
    cut = ("x" * MAX_CHARS, "the beginning of 300000 characters")

    assert kept(HEAD + ONE, [{"body": "x" * 300_000}]) == [cut]
    assert kept(HEAD + ONE, [{"body": "x" * MAX_CHARS}]) == [("x" * MAX_CHARS, None)]


@pytest.mark.parametrize("before", [MAX_CHARS - 3, MAX_CHARS + 64 * 1024 - 3])
def test_a_secret_at_the_cut_is_masked_before_it_is_cut(before: int) -> None:
    ((body, _),) = kept(knowing(SECRET), [{"body": "x" * before + SECRET + "y" * 100_000}])

    assert body is not None
    assert MAX_CHARS - len(SECRET) < len(body) <= MAX_CHARS
    assert set(body) <= {"x", "*"}


def test_a_body_of_nothing_but_secrets_does_not_end_in_half_of_one() -> None:
    ((body, _),) = kept(knowing(SECRET * 100), [{"body": SECRET * 30_000}])

    assert "t0p" not in (body or "")


def test_a_secret_that_is_learned_later_is_masked_in_what_came_before() -> None:
    given = [{"step": "first", "body": {"old": SECRET}}, {"step": "second", "body": {"token": SECRET}}]

    assert kept(HEAD + LATER, given) == [
        ('{"old": "***"}', None),
        (None, "not kept: secrets are captured from it"),
    ]


def test_a_secret_that_another_registration_learns_later_is_masked_too() -> None:
    capture = "capture: {t: {body: t, secret: true}}"
    two = (
        "registrations:\n  a: {request: {path: /a}}\n"
        f"  b: {{needs: [a], steps: [{{name: s, request: {{path: /b}}, {capture}}}]}}\n"
    )

    assert kept(HEAD + two, [{"step": "register", "body": SECRET}, {"step": "s", "body": {"t": SECRET}}])[
        0
    ] == (
        "***",
        None,
    )


def test_a_login_that_gives_something_else_than_was_expected_is_not_kept() -> None:
    answers = kept(LOGIN + ONE, [{"step": "login", "body": {"access_token": SECRET}}, {"status": 200}])

    assert {body for body, _ in answers} == {None}


def test_what_is_no_text_is_said_to_be_none(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(HEAD.replace("http://h", server.url) + ONE + BODIES)
    for body in (b"\xff\xfe\x00\x01", b"a\0b"):
        server.body = body
        ended = enlist("run", "f.yaml", "--report", "json=r.json", "--report", "html=r.html")
        (attempt,) = json.loads((tmp_path / "r.json").read_text())["registrations"][0]["attempts"]

        assert ended.status == 0, ended
        assert (attempt["body"], attempt["body_note"]) == (
            None,
            f"not kept: {len(body)} bytes that are no text",
        )
        assert f"body not kept: {len(body)} bytes that are no text" in (tmp_path / "r.html").read_text()


def test_many_bodies_have_a_bound_and_what_ended_a_step_still_has_its_place() -> None:
    many = HEAD.replace("attempts: 3, deadline: 20s", "attempts: 40, deadline: 60s")
    bodies = [body for body, _ in kept(many + ONE, [{"status": 500, "body": "x" * 100_000}])]

    assert len(bodies) == 40
    assert sum(len(body or "") for body in bodies) <= MAX_TOTAL_CHARS
    assert [len(body or "") for body in bodies[:12]] == [MAX_CHARS] * 12
    assert bodies[12:39] == [None] * 27
    assert bodies[39] == "x" * MAX_CHARS


def test_bodies_are_neither_in_the_log_nor_in_the_stream_of_events(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "f.yaml").write_text(HEAD.replace("http://h", server.url) + ONE + BODIES)
    server.body = b'{"seen": "only-in-the-report"}'
    log = ("--log-format", "json", "--log-level", "debug")
    ended = enlist("run", "f.yaml", *log, "--report", "jsonl=o.jsonl", "--report", "json=r.json")

    assert "only-in-the-report" in (tmp_path / "r.json").read_text()
    assert "only-in-the-report" not in (tmp_path / "o.jsonl").read_text() + ended.out + ended.err


def test_a_hostile_body_is_text_of_the_page_and_keeps_its_lines() -> None:
    report = hostile_run()
    (attempt,) = report.outcomes[0].attempts
    outcome = replace(report.outcomes[0], attempts=(replace(attempt, body=HOSTILE, body_note=HOSTILE),))
    page = render_html(replace(report, outcomes=(outcome,)))
    body = page.partition("<pre>")[2].partition("</pre>")[0]

    assert body.startswith("a\nb\n# TYPE x counter\\tc")
    assert "<" not in body
    assert "<script" not in page
    assert all(line.isprintable() for line in body.split("\n"))
