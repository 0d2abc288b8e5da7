"""``enlist explain FILE``: the words of the product about an answer, against what a run does with the same one."""

from pathlib import Path

import pytest
from support.process import Enlist

FILE = """\
version: 1
variables: {token: {env: TOKEN, secret: true}}
endpoints: {engine: {url: "http://127.0.0.1:1", auth: {bearer: "${var.token}"}, attempt_timeout: 2s}}
retry_policies:
  default: {deadline: 20s, attempts: 5, backoff: {initial: 1s, multiplier: 2, max: 4s, jitter: none}}
  boot: {deadline: 3s, attempts: unlimited, backoff: {initial: 1s, max: 1s, jitter: none}}
failure_classes:
  - {name: booting, match: {status: 400, body: {code: not_found}}, action: retry, policy: boot, exit_code: 76, hint: look at it}
registrations:
  pool:
    steps:
      - {name: discover, request: {path: /a}, capture: {names: names}}
      - {name: create, request: {method: POST, path: /b}}
    verify: {request: {path: /c}}
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.yaml"
    path.write_text(FILE)
    return path


def lines(enlist: Enlist, *arguments: str) -> list[str]:
    ended = enlist("explain", "f.yaml", *arguments)
    assert ended.status == 0, ended
    return [" ".join(line.split()) for line in ended.out.splitlines()]


def test_a_declared_class_is_named_with_its_line(enlist: Enlist) -> None:
    said = lines(enlist, "--status", "400", "--body", '{"code": "not_found", "message": "no such pool"}')

    assert "class booting (f.yaml:8:12)" in said
    assert 'cause answered 400 Bad Request: "not_found: no such pool"' in said
    assert "decision again; exit status 76 if it never succeeds" in said
    assert "hint look at it" in said
    assert "policy boot: unlimited attempts within 3s" in said


def test_the_table_has_the_waits_and_ends_with_the_attempts(enlist: Enlist) -> None:
    said = lines(enlist, "--step", "discover", "--status", "500")

    assert [line.split()[:4] for line in said if line[:1].isdigit()] == [
        ["1", "1s", "1s", "1s"],
        ["2", "2s", "2s", "2s"],
        ["3", "4s", "4s", "4s"],
        ["4", "4s", "4s", "4s"],
    ]
    assert "about 5 attempts where answers come at once (means)" in said
    assert "worst case 20s, where each attempt takes 2s" in said


def test_retry_after_raises_the_waits(enlist: Enlist) -> None:
    said = lines(enlist, "--step", "discover", "--status", "503", "--header", "Retry-After: 3")

    assert next(line.split()[1] for line in said if line[:1].isdigit()) == "3s"


def test_a_post_that_may_have_been_processed_is_sent_again_only_where_verify_finds_nothing(
    enlist: Enlist,
) -> None:
    said = lines(enlist, "--step", "create", "--error", "read-timeout")

    assert "processed maybe, and not idempotent" in said
    assert (
        "decision it may have taken effect: verify decides, and where nothing is there it is sent again"
        in said
    )


@pytest.mark.parametrize(
    ("attempt", "words"),
    [("4", "again"), ("5", "not tried again: the attempts are used up")],
)
def test_the_last_attempt_is_the_last(enlist: Enlist, attempt: str, words: str) -> None:
    said = lines(enlist, "--step", "discover", "--status", "500", "--attempt", attempt)

    assert any(line.startswith(f"decision {words}") for line in said)


@pytest.mark.parametrize(
    ("verb", "decision"),
    [
        ("register", "not tried again; exit status 76"),
        ("verify", "again; exit status 75 if it never succeeds"),
        ("heartbeat", "registered again; after 3 times without a good beat it is lost, exit status 75"),
        ("deregister", "counts as a success"),
    ],
)
def test_the_same_status_means_something_else_for_each_verb(enlist: Enlist, verb: str, decision: str) -> None:
    step = ["--step", "discover"] if verb == "register" else []

    assert f"decision {decision}" in lines(enlist, "--status", "404", "--verb", verb, *step)


@pytest.mark.parametrize(
    "failure", [("--status", "503"), ("--error", "connect-refused"), ("--error", "read-timeout")]
)
def test_an_outage_is_said_to_end_no_heartbeat(enlist: Enlist, failure: tuple[str, str]) -> None:
    said = lines(enlist, *failure, "--verb", "heartbeat")

    assert "decision the next beat is the retry; however long that lasts, it ends nothing" in said
    assert not any(line.startswith("policy") for line in said)


def test_a_success_shows_what_it_captures(enlist: Enlist) -> None:
    said = lines(enlist, "--step", "discover", "--status", "200", "--body", '{"names": ["eu"]}')

    assert said == ["a success of register.discover", 'captures discover.names = ["eu"]']


def test_a_header_that_cannot_be_read_is_noted(enlist: Enlist) -> None:
    said = lines(enlist, "--step", "discover", "--status", "429", "--header", "Retry-After: soon")

    assert 'note an unreadable Retry-After "soon" is ignored' in said


BY_ENVIRONMENT = """\
version: 1
variables: {group: {env: GROUP, default: none}, token: {env: TOKEN, secret: true}}
endpoints: {engine: {url: "http://127.0.0.1:1", auth: {bearer: "${var.token}"}}}
failure_classes:
  - {name: mine, match: {body: {'groups."${var.group}".state': {equals: "${STATE:-closed}"}}}, action: retry}
registrations: {pool: {request: {method: PUT, path: /pool}}}
"""


@pytest.mark.parametrize(
    ("environment", "taken"),
    [
        ({}, "class rejected (built in)"),
        ({"GROUP": "eu"}, "class mine (f.yaml:5:12)"),
        ({"GROUP": "eu", "STATE": "draining"}, "class rejected (built in)"),
    ],
)
def test_what_conditions_ask_for_is_read_from_the_environment(
    enlist: Enlist, file: Path, environment: dict[str, str], taken: str
) -> None:
    file.write_text(BY_ENVIRONMENT)
    body = '{"groups": {"eu": {"state": "closed"}}}'
    ended = enlist("explain", "f.yaml", "--status", "400", "--body", body, environment=environment)

    assert taken in [" ".join(line.split()) for line in ended.out.splitlines()]


def test_a_secret_of_the_environment_is_masked_in_an_answer_that_repeats_it(
    enlist: Enlist, file: Path
) -> None:
    file.write_text(BY_ENVIRONMENT)
    body = '{"message": "the token tok-5ecr3t-91 is not known"}'
    ended = enlist(
        "explain", "f.yaml", "--status", "400", "--body", body, environment={"TOKEN": "tok-5ecr3t-91"}
    )

    assert "the token *** is not known" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--status", "200", "--step", "nope"), "no step nope"),
        (("--status", "200", "--registration", "nope"), "no registration nope"),
        (("--status", "999"), "999 is not a status code"),
        ((), "required"),
        (("--status", "200", "--error", "dns"), "not allowed with"),
        (("--error", "gremlins"), "invalid"),
    ],
)
def test_wrong_usage_is_said_and_ends_in_2(enlist: Enlist, arguments: tuple[str, ...], words: str) -> None:
    ended = enlist("explain", "f.yaml", *arguments)

    assert ended.status == 2
    assert words in ended.err


LOGIN = """\
version: 1
endpoints:
  e:
    url: "http://h"
    login: {request: {method: POST, path: /token}, capture: {token: token}}
    auth: {bearer: "${login.token}"}
registrations: {r: {request: {method: PUT, path: /r}}}
"""


@pytest.mark.parametrize(
    ("attempt", "decision"),
    [
        ("1", "decision logs in once more, and sends it again; a 401 to that is denied, exit status 77"),
        ("2", "decision not tried again; exit status 77"),
    ],
)
def test_an_expired_login_is_renewed_once(enlist: Enlist, file: Path, attempt: str, decision: str) -> None:
    file.write_text(LOGIN)

    assert decision in lines(enlist, "--status", "401", "--attempt", attempt)


def test_the_login_is_a_step_that_can_be_asked_about(enlist: Enlist, file: Path) -> None:
    file.write_text(LOGIN)

    assert "class denied (built in)" in lines(enlist, "--step", "login", "--status", "401")
