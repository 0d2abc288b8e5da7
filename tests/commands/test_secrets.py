"""Secrets stand in no output of any command: not in the plan, not in findings, not in logs, not in reports."""

import base64
from pathlib import Path
from urllib.parse import quote

import pytest
from support.process import Enlist, Server

TOKEN, FILE, PASSWORD, LITERAL = "env-t0ken/ä+1", "file-t0ken=2", "url-p4ss:3", "literal-s3cret-4"
PLAIN = "not-secret-5"
FORMS = {
    form
    for text in (TOKEN, FILE, PASSWORD, LITERAL)
    for form in (
        text,
        quote(text, safe=""),
        quote(text),
        base64.b64encode(text.encode()).decode(),
        base64.b64encode(f"admin:{text}".encode()).decode(),
    )
}

FILE_TEXT = """\
version: 1
variables:
  token: {env: TOKEN, secret: true}
  file: {file: secret.txt}
  plain: {env: PLAIN}
  fallback: {env: FALLBACK, default: literal-s3cret-4, secret: true}
endpoints:
  e: {url: "http://admin:${PASSWORD}@HOST", headers: {X-Token: "${var.token}", X-File: "${file:secret.txt}", X-Plain: "${var.plain}"}}
  basic: {url: "http://HOST", auth: {basic: {username: admin, password: "${var.file}"}}}
  bearer: {url: "http://HOST", auth: {bearer: "${var.token}"}}
registrations:
  a: {endpoint: e, request: {method: PUT, path: "/a/${var.token}", query: {f: "${var.file}", d: "${var.fallback}"}, json: {t: "${var.token}", b: {$base64: "admin:${var.file}"}}}}
  b: {endpoint: basic, request: {method: PUT, path: /b}}
  c: {endpoint: bearer, request: {method: PUT, path: /c}}
failure_classes: [{name: told, match: {status: 400}, action: fail, message: body}]
"""


COMMANDS = [(["validate", "--env"], 200), (["plan"], 200), (["plan", "--vars"], 200), (["run"], 200)]
COMMANDS += [(["run", "--log-level", "debug"], 400), (["run", "--log-level", "debug"], 500)]
COMMANDS += [
    (["run", "--log-level", "debug", "--log-format", "json", "--report", "json=out.json"], status)
    for status in (200, 400, 500)
]


@pytest.mark.parametrize(
    ("arguments", "status"),
    COMMANDS,
    ids=[f"{' '.join(arguments)} {status}" for arguments, status in COMMANDS],
)
def test_no_command_prints_a_secret(
    enlist: Enlist, tmp_path: Path, server: Server, arguments: list[str], status: int
) -> None:
    server.status, server.body = status, b""  # empty: the answer repeats the request, secrets and all
    (tmp_path / "secret.txt").write_text(f"{FILE}\n")
    policy = "retry_policies: {default: {attempts: 2, deadline: 5s, backoff: {initial: 1ms, max: 1ms}}}\n"
    (tmp_path / "f.yaml").write_text(FILE_TEXT.replace("HOST", server.url.removeprefix("http://")) + policy)
    ended = enlist(
        *arguments,
        "f.yaml",
        environment={"TOKEN": TOKEN, "PASSWORD": quote(PASSWORD, safe=""), "PLAIN": PLAIN},
    )
    report = tmp_path / "out.json"
    printed = ended.out + ended.err + (report.read_text() if report.exists() else "")

    assert ended.status in {0, 75, 76}, ended
    assert {form for form in FORMS if form in printed} == set(), printed
    if arguments[0] == "run":
        assert len(server.asked) >= 3
        assert any(quote(TOKEN, safe="") in path for _, path, _, _ in server.asked)


def test_a_password_written_into_a_url_is_not_repeated_by_the_plan(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(
        f'version: 1\nendpoints: {{e: {{url: "http://admin:{LITERAL}@h"}}}}\nregistrations: {{r: {{request: {{path: /a}}}}}}\n'
    )

    assert LITERAL not in str(enlist("plan", "f.yaml"))


def test_a_default_that_stands_in_auth_is_secret_in_the_table_of_variables(
    enlist: Enlist, tmp_path: Path
) -> None:
    (tmp_path / "f.yaml").write_text(
        f"version: 1\nvariables: {{t: {{env: T, default: {LITERAL}}}}}\n"
        'endpoints: {e: {url: "http://h", auth: {bearer: "${var.t}"}}}\nregistrations: {r: {request: {path: /a}}}\n'
    )

    assert LITERAL not in str(enlist("plan", "--vars", "f.yaml"))


def test_a_password_from_the_environment_is_not_printed_with_the_url_that_cannot_be_used(
    enlist: Enlist, tmp_path: Path
) -> None:
    (tmp_path / "f.yaml").write_text(
        'version: 1\nendpoints: {e: {url: "http://admin:${PASSWORD}@${HOST:-}"}}\nregistrations: {r: {request: {path: /a}}}\n'
    )
    ended = enlist("run", "f.yaml", environment={"PASSWORD": LITERAL})

    assert ended.status == 78
    assert LITERAL not in str(ended)


@pytest.mark.parametrize(
    "held",
    [
        f"headers: {{X-Api-Key: {LITERAL}}}",
        f"json: {{password: {LITERAL}}}",
        f"json: {{labels: {{access_token: '{LITERAL}'}}}}",
    ],
    ids=["a header", "a key of the body", "a key deep in it"],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_stands_in_the_file_as_a_secret_is_masked_where_a_server_repeats_it(
    enlist: Enlist, tmp_path: Path, server: Server, held: str, form: str
) -> None:
    server.status, server.body = 400, f'{{"message": "what is {LITERAL}?"}}'.encode()
    (tmp_path / "f.yaml").write_text(
        f'version: 1\nendpoints: {{e: {{url: "{server.url}"}}}}\n'
        f"registrations: {{r: {{request: {{method: PUT, path: /a, {held}}}}}}}\n"
    )
    ended = enlist(
        "run", "--log-format", form, "--report", "json=out.json", "--report", "html=out.html", "f.yaml"
    )
    reports = "".join(path.read_text() for path in tmp_path.glob("out.*"))

    assert ended.status == 76
    assert "what is ***?" in ended.err
    assert LITERAL not in str(ended) + reports
