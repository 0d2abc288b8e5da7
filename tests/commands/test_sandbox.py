"""``enlist sandbox``: real sockets on loopback that play a script; what a newcomer meets first."""

import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.process import COMMAND, Enlist

FILE = """\
version: 1
variables: {name: {env: NAME}}
endpoints: {plane: {url: "https://plane.example:8443", auth: {bearer: "${file:/run/secrets/token}"}}}
registrations:
  web:
    request: {method: PUT, path: "/services/${var.name}", json: {a: 1}}
    verify: {request: {path: "/services/${var.name}"}, expect: {body: {a: 1}}}
    deregister: {request: {method: DELETE, path: "/services/${var.name}"}}
tests:
  - name: late and busy
    variables: {name: one}
    given:
      - {error: connect-refused, for: 300ms}
      - {step: register, status: 503, times: 2, headers: {Retry-After: "0"}}
      - {step: register, error: disconnected-before-response}
      - {step: register, status: 201}
      - {step: verify, body: {a: 1}}
    then: {outcome: registered}
  - name: says no
    variables: {name: two}
    given: [{status: 403, body: {message: not you}}]
    then: {exit_status: 77}
"""


@pytest.fixture(autouse=True)
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.yaml"
    path.write_text(FILE)
    return path


def test_the_file_is_run_against_its_own_script(enlist: Enlist) -> None:
    ended = enlist("sandbox", "--run", "f.yaml")

    assert ended.status == 0, ended
    assert "registered web" in ended.err
    told = [line.removeprefix("sandbox: ") for line in ended.out.splitlines()]
    assert told[2:] == [
        "PUT /services/one (register): 503",
        "PUT /services/one (register): 503",
        "PUT /services/one (register): disconnected-before-response",
        "PUT /services/one (register): 201",
        "GET /services/one (verify): 200",
    ]


def test_another_script_can_be_chosen_and_ends_as_run_would(enlist: Enlist) -> None:
    ended = enlist("sandbox", "--run", "--test", "says no", "f.yaml")

    assert ended.status == 77
    assert "not you" in ended.err


def test_a_script_that_is_not_there_is_said_with_those_that_are(enlist: Enlist) -> None:
    ended = enlist("sandbox", "--test", "nope", "f.yaml")

    assert ended.status == 2
    assert "late and busy; says no" in ended.err


def test_an_address_in_use_is_one_line(enlist: Enlist, serving: str) -> None:
    ended = enlist("sandbox", "--listen", serving.removeprefix("http://"), "f.yaml")

    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert "cannot be listened on" in ended.err


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[str]:
    """Run the sandbox as a server and give its URL."""
    process = subprocess.Popen(
        [COMMAND, "sandbox", "--test", "says no", "f.yaml"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"listens on (http://\S+)", line):
                yield found[1]
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 0


def test_it_serves_anybody_who_asks_until_it_is_told_to_stop(serving: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{serving}/services/x", timeout=5)

    with refused.value as answer:
        assert answer.code == 403
        assert json.loads(answer.read()) == {"message": "not you"}


def test_a_secret_in_a_path_is_not_shown(tmp_path: Path, enlist: Enlist) -> None:
    text = FILE.replace("{env: NAME}", "{env: NAME, secret: true}").replace(
        "name: one", "name: hunter2-leak-99"
    )
    (tmp_path / "f.yaml").write_text(text)
    ended = enlist("sandbox", "--run", "f.yaml")

    assert "PUT /services/*** (register): 201" in ended.out
    assert "hunter2" not in ended.out + ended.err
