"""What the language has and this version cannot do: ``validate`` accepts it, ``run`` refuses it at its line.

To register without what the file asks for would look like a success. So ``run`` says which line it cannot do, and
sends nothing.
"""

import re
from pathlib import Path

import pytest
from support.process import Enlist, Server

from runner.config.loader import load

HEAD = 'version: 1\nendpoints:\n  e: {url: "SERVER"}\n'
REQUEST = "request: {method: PUT, path: /a}"
NOT_YET: dict[str, str] = {
    "for_each": f"registrations:\n  r:\n    for_each: {{items: [a, b], id: a}}\n    {REQUEST}\n",
    "each": 'registrations:\n  r:\n    for_each: {jsonl: pools.jsonl}\n    request: {method: PUT, path: "/${each.name}"}\n',
}


@pytest.mark.parametrize("name", NOT_YET)
def test_run_refuses_what_it_cannot_do_at_its_line_and_sends_nothing(
    enlist: Enlist, tmp_path: Path, server: Server, name: str
) -> None:
    (tmp_path / "f.yaml").write_text((HEAD + NOT_YET[name]).replace("SERVER", server.url))
    checked, ran = load((tmp_path / "f.yaml").read_bytes(), "f.yaml"), enlist("run", "f.yaml")

    assert checked.diagnostics == ()
    assert ran.status == 78, ran
    assert re.search(r'^f\.yaml:[67]:[0-9]+: error\[E501\]: "for_each', ran.err, re.MULTILINE), ran
    assert server.asked == []


def test_a_splay_delays_the_first_request_or_is_refused(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    text = HEAD + f"registrations:\n  r: {{{REQUEST}}}\nlifecycle:\n  splay: 20ms\n"
    (tmp_path / "f.yaml").write_text(text.replace("SERVER", server.url))
    ran = enlist("run", "f.yaml")

    assert (ran.status, len(server.asked)) in {(0, 1), (78, 0)}, ran
    assert ran.status == 0 or "E501" in ran.err


def test_a_login_is_not_among_what_is_refused_or_it_is_refused_at_its_line(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "f.yaml").write_text(
        f"""\
version: 1
endpoints:
  e:
    url: "{server.url}"
    login: {{request: {{method: POST, path: /login}}, capture: {{token: token}}}}
    auth: {{bearer: "${{login.token}}"}}
registrations: {{r: {{request: {{method: PUT, path: /a}}}}}}
"""
    )
    server.body = b'{"token": "granted-token"}'
    assert enlist("validate", "f.yaml").status == 0
    ended = enlist("run", "f.yaml")

    if ended.status == 78:
        assert "f.yaml:5:5: error[E501]" in ended.err
        assert server.asked == []
    else:
        assert ended.status == 0, ended
        assert [(path, headers.get("Authorization")) for _, path, headers, _ in server.asked] == [
            ("/login", None),
            ("/a", "Bearer granted-token"),
        ]
    assert "granted-token" not in ended.out + ended.err


def test_plan_says_what_run_would_refuse(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text((HEAD + NOT_YET["for_each"]).replace("SERVER", "http://h"))
    ended = enlist("plan", "f.yaml")

    assert ended.status == 0
    assert "f.yaml:6:5" in ended.out
    assert '"for_each"' in ended.out
