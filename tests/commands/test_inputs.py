"""Files that cannot be used: one clear line each, never a traceback, and a status that says whose mistake it is.

For ``run`` a file is configuration, and 78 tells an orchestrator that restarting will not help; for ``validate``
it is what was to be checked, and 1 says that something was found.
"""

import os
import re
import sys
from pathlib import Path

import pytest
from support.process import Enlist, Server

from runner.cli import main
from runner.values.pattern import compile_pattern

MINIMAL = """\
version: 1
endpoints: {e: {url: "http://127.0.0.1:1"}}
registrations: {r: {request: {method: PUT, path: /a}}}
"""
MESSAGE = re.compile(r"^\S+:[0-9]+:[0-9]+: error\[(E[0-9]{3})\]: (.+)$", re.MULTILINE)

UNUSABLE: dict[str, tuple[bytes | None, str, str]] = {
    "missing": (None, "E100", "no such file or directory"),
    "empty": (b"", "E105", "the file is empty"),
    "blank": (b"\n \n# note\n", "E105", "the file is empty"),
    "not YAML": (b"version: {", "E104", "not YAML"),
    "two documents": (MINIMAL.encode() + b"---\na: 1\n", "E106", "second document"),
    "binary": (b"\x7fELF\x02\x01\x01\x00", "E103", "U+007F"),
    "a compressed file": (b"\x1f\x8b\x08\x00", "E102", "not UTF-8"),
    "UTF-16": ("version: 1".encode("utf-16"), "E102", "not UTF-8"),
    "another version": (b"version: 7\nanything: here\n", "E205", "version"),
    "a list": (b"- a\n", "E201", "must be a map"),
    "a text": (b"hello\n", "E201", "must be a map"),
    "too large": (b"#" * (1024 * 1024 + 1), "E101", "1 MiB"),
}


CASES = [("validate", name) for name in UNUSABLE]
CASES += [("run", name) for name in ("missing", "empty", "not YAML", "two documents", "another version")]
CASES += [(command, "missing") for command in ("deregister", "plan", "test")]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_a_file_that_cannot_be_used_costs_one_clear_line(
    enlist: Enlist, tmp_path: Path, command: str, name: str
) -> None:
    content, code, words = UNUSABLE[name]
    if content is not None:
        (tmp_path / "f.yaml").write_bytes(content)
    ended = enlist(command, "f.yaml")
    result, story = (ended.out, ended.err) if command == "validate" else (ended.err, ended.out)

    assert ended.status == (78 if command in {"run", "deregister"} else 1), ended
    assert [(found[0], words in found[1]) for found in MESSAGE.findall(result)] == [(code, True)], ended
    assert not MESSAGE.search(story)


@pytest.mark.parametrize(("command", "status"), [("validate", 1), ("run", 78)])
def test_a_directory_is_no_file(enlist: Enlist, command: str, status: int) -> None:
    ended = enlist(command, ".")

    assert ended.status == status
    assert "is a directory" in ended.out + ended.err


def test_a_file_that_may_not_be_read_says_so(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").symlink_to("f.yaml")
    ended = enlist("validate", "f.yaml")

    assert ended.status == 1
    assert re.search(r"^f\.yaml:1:1: error\[E100\]: cannot be read: \S", ended.out)


def test_what_is_no_regular_file_is_refused_at_once(enlist: Enlist, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in ("/dev/zero", "pipe"):
        ended = enlist("validate", path)
        assert ended.status == 1
        assert "cannot be read: it is no regular file" in ended.out


@pytest.mark.parametrize("command", [("run",), ("validate", "--env"), ("plan", "--vars")])
@pytest.mark.parametrize("key", ["ca_file", "cert_file", "json"])
def test_a_pipe_in_the_place_of_a_secret_or_certificate_is_not_waited_for(
    enlist: Enlist, tmp_path: Path, command: tuple[str, ...], key: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    pipe = tmp_path / "pipe"
    tls, body = ("", f"${{file:{pipe}}}") if key == "json" else (f", tls: {{{key}: {pipe}}}", "x")
    (tmp_path / "f.yaml").write_text(
        f"version: 1\nendpoints: {{e: {{url: 'https://127.0.0.1:9'{tls}}}}}\n"
        f"registrations: {{r: {{request: {{method: PUT, path: /a, json: {{k: '{body}'}}}}}}}}\n"
    )

    ended = enlist(*command, "f.yaml")  # the fixture ends what hangs, and fails

    assert ended.status in {0, 1, 78}
    assert "Traceback" not in ended.out + ended.err


def test_a_secret_is_never_read_from_standard_input(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(
        "version: 1\nendpoints: {e: {url: 'http://127.0.0.1:9'}}\n"
        "registrations: {r: {request: {path: /a, headers: {x-a: '${file:-}'}}}}\n"
    )

    assert "cannot be read: no such file" in enlist("validate", "--env", "f.yaml").out


def test_the_file_is_enlist_yaml_where_none_is_named(enlist: Enlist, tmp_path: Path) -> None:
    assert "enlist.yaml:1:1" in enlist("validate").out
    (tmp_path / "enlist.yaml").write_text(MINIMAL)

    assert enlist("validate").status == 0


def test_a_clean_file_is_not_talked_about(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(MINIMAL)
    ended = enlist("validate", "f.yaml")

    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_several_files_are_all_checked_in_an_order_that_does_not_depend_on_the_hook(
    enlist: Enlist, tmp_path: Path
) -> None:
    for name in ("b.yaml", "a.yaml", "c.yaml"):
        (tmp_path / name).write_text("version: 2\n" if name != "c.yaml" else MINIMAL)
    one, other = (
        enlist("validate", "b.yaml", "c.yaml", "a.yaml"),
        enlist("validate", "a.yaml", "b.yaml", "a.yaml", "c.yaml"),
    )

    assert one == other
    assert re.findall(r"^(\w+)\.yaml:", one.out, re.MULTILINE) == ["a", "b"]
    assert one.err == "2 errors\n"


def test_a_dash_is_standard_input(enlist: Enlist) -> None:
    assert enlist("validate", "-", stdin=MINIMAL.encode()).status == 0
    ended = enlist("validate", "-", stdin=b"version: 2\n")

    assert ended.status == 1
    assert ended.out.startswith("<stdin>:1:10: error[E205]: ")
    assert enlist("run", "-", stdin=b"").status == 78


BINDING = """\
version: 1
variables:
  token: {env: TOKEN, secret: true, description: the admin token}
  pool: {env: POOL}
endpoints: {e: {url: "${URL}", auth: {bearer: "${var.token}"}, headers: {X: "${file:/nonexistent/secret}"}}}
registrations: {r: {request: {method: PUT, path: "/${var.pool}"}}}
"""


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["run"], 78), (["validate", "--env"], 1), (["validate"], 0), (["plan"], 0), (["plan", "--vars"], 0)],
)
def test_everything_that_the_environment_lacks_is_listed_at_once(
    enlist: Enlist, tmp_path: Path, arguments: list[str], status: int
) -> None:
    (tmp_path / "f.yaml").write_text(BINDING)
    ended = enlist(*arguments, "f.yaml")
    messages = [message for _, message in MESSAGE.findall(ended.out + ended.err)]

    assert ended.status == status, ended
    if status == 0:
        assert messages == []
    else:
        assert sorted(messages) == [
            "/nonexistent/secret cannot be read: no such file or directory",
            "POOL is not set (variable pool)",
            "TOKEN is not set (variable token)",
            "URL is not set",
        ]


def test_a_url_without_a_host_is_one_line(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(MINIMAL.replace("http://127.0.0.1:1", "http://${HOST}"))
    ended = enlist("run", "f.yaml", environment={"HOST": ""})

    assert ended.status == 78
    assert [code for code, _ in MESSAGE.findall(ended.err)] == ["E408"]
    assert "it has no host" in ended.err


def test_nothing_is_sent_when_one_of_several_endpoints_cannot_be_bound(
    enlist: Enlist, tmp_path: Path, server: Server
) -> None:
    (tmp_path / "f.yaml").write_text(
        f'version: 1\nendpoints: {{good: {{url: "{server.url}"}}, bad: {{url: "${{BAD}}"}}}}\n'
        "registrations: {a: {endpoint: good, request: {path: /a}}, b: {endpoint: bad, request: {path: /b}}}\n"
    )
    ended = enlist("run", "f.yaml")

    assert ended.status == 78
    assert "nothing was sent" in ended.err
    assert server.asked == []


@pytest.mark.parametrize("path", ["loop", "a" * 300, "loop/report.json"])
def test_a_report_that_cannot_be_written_costs_a_warning_and_not_the_run(
    enlist: Enlist, tmp_path: Path, server: Server, path: str
) -> None:
    (tmp_path / "f.yaml").write_text(MINIMAL.replace("http://127.0.0.1:1", server.url))
    (tmp_path / "loop").symlink_to("loop")
    ended = enlist("run", "f.yaml", "--report", f"json={path}", "--report", f"jsonl={path}x")

    assert ended.status == 0, ended
    assert "was not written" in ended.err
    assert len(server.asked) == 1


@pytest.mark.parametrize("host", ["a" * 70, "a..b", "\u202e"])
def test_a_host_that_nothing_can_be_named_is_no_address_to_listen_on(
    enlist: Enlist, tmp_path: Path, host: str
) -> None:
    (tmp_path / "f.yaml").write_text(f'{MINIMAL}lifecycle: {{status: {{listen: "{host}:8099"}}}}\n')
    ended = enlist("run", "f.yaml")

    assert ended.status == 78, ended
    assert "\u202e" not in ended.err


def test_a_file_over_a_mebibyte_is_refused_by_its_own_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "enlist.yaml"
    path.write_text("#" * (1024 * 1024 + 1))

    assert main(["validate", str(path)]) == 1
    assert "error[E101]: the file is larger than 1 MiB" in capsys.readouterr().out


def test_very_many_equal_warnings_are_ten_and_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "enlist.yaml"
    undo = "deregister: {request: {method: DELETE, path: /a}}"
    listed = [f"  r{number}: {{request: {{method: PUT, path: /a}}, {undo}}}" for number in range(50)]
    path.write_text("\n".join(["version: 1", 'endpoints: {e: {url: "http://h"}}', "registrations:", *listed]))

    assert main(["validate", str(path)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert sum("warning[W512]" in line for line in lines) == 11
    assert "40 more of these, on the lines 14, 15, " in lines[-1]
    assert printed.err == "50 warnings\n"


@pytest.mark.parametrize(("command", "status"), [("validate", 1), ("run", 78)])
def test_where_re2_is_missing_only_files_with_regular_expressions_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    status: int,
) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    compile_pattern.cache_clear()
    path = tmp_path / "f.yaml"
    path.write_text(
        MINIMAL.replace("path: /a}", "path: /a}, expect: {headers: {X-Id: {matches: '^[a-z]$'}}}")
    )

    assert main([command, str(path)]) == status
    told = "".join(capsys.readouterr())
    assert "error[E218]" in told
    assert "install google-re2" in told
    path.write_text(MINIMAL)
    assert main(["validate", str(path)]) == 0
