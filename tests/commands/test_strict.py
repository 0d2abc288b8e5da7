"""Warnings: ``validate`` says them and passes, ``--strict`` fails on them, ``run`` and ``test`` are silent.

A warning that fails a build on the day a new version adds it makes people pin the version; one that nobody can
make binding is not read. So it is the caller who decides.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.process import Enlist, Server

from runner.config.lint.lint import RULES
from runner.config.lint.warning import CODES

ROOT = Path(__file__).parents[2]
WRONG = ROOT / "tests" / "config" / "wrong"
UNUSED = """\
version: 1
variables:
  pool: {env: POOL}
endpoints:
  e: {url: "SERVER"}
registrations:
  r: {request: {method: PUT, path: /a}}
tests:
  - {name: it works, variables: {pool: a}, given: [{status: 200}], then: {outcome: registered}}
"""
CLEAN = UNUSED.replace("path: /a", 'path: "/a/${var.pool}"')
REASON = "# enlist: ignore[W501] the sidecar reads it"


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--strict",), 1)])
def test_a_file_with_warnings_passes_unless_strict_is_asked_for(
    enlist: Enlist, tmp_path: Path, options: tuple[str, ...], status: int
) -> None:
    (tmp_path / "f.yaml").write_text(UNUSED.replace("SERVER", "http://127.0.0.1:1"))
    ended = enlist("validate", *options, "f.yaml")

    assert ended.status == status
    assert ended.out.startswith('f.yaml:3:3: warning[W501]: the variable "pool" is not used\n')
    assert ended.err == "1 warning\n"


def test_strict_says_nothing_about_a_clean_file(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(CLEAN.replace("SERVER", "http://127.0.0.1:1"))
    ended = enlist("validate", "--strict", "f.yaml")

    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_errors_fail_without_strict_and_hide_the_warnings_about_what_is_going_to_change(
    enlist: Enlist, tmp_path: Path
) -> None:
    (tmp_path / "f.yaml").write_text(UNUSED.replace("SERVER", "http://127.0.0.1:1").replace("PUT", "put"))
    ended = enlist("validate", "f.yaml")

    assert ended.status == 1
    assert re.findall(r"\[([EW][0-9]+)\]", ended.out) == ["E204"]


def test_a_warning_in_one_file_and_an_error_in_another_are_both_said(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UNUSED.replace("SERVER", "http://127.0.0.1:1"))
    (tmp_path / "b.yaml").write_text("version: 1\n")
    ended = enlist("validate", "a.yaml", "b.yaml")

    assert ended.status == 1
    assert set(re.findall(r"\[([EW][0-9]+)\]", ended.out)) == {"W501", "E202"}
    assert ended.err == "2 errors, 1 warning\n"


def test_run_says_no_warnings(enlist: Enlist, tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(UNUSED.replace("SERVER", server.url))
    ended = enlist("run", "f.yaml", environment={"POOL": "a"})

    assert ended.status == 0, ended
    assert "W501" not in ended.out + ended.err


def test_test_and_plan_say_no_warnings(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(UNUSED.replace("SERVER", "http://127.0.0.1:1"))
    for command in ("test", "plan"):
        ended = enlist(command, "f.yaml")

        assert ended.status == 0, ended
        assert "W501" not in ended.out + ended.err


@pytest.mark.parametrize(
    "changed",
    [
        UNUSED.replace("{env: POOL}", f"{{env: POOL}} {REASON}"),
        UNUSED.replace("  pool:", f"  {REASON}\n  pool:"),
        UNUSED.replace("{env: POOL}", "{env: POOL} #enlist:ignore[ W504 , W501 ] why").replace(
            "W504 , ", "W501, "
        ),
    ],
    ids=["at the end of the line", "on the line above", "twice and without spaces"],
)
def test_a_comment_with_a_reason_silences_a_warning(enlist: Enlist, tmp_path: Path, changed: str) -> None:
    (tmp_path / "f.yaml").write_text(changed.replace("SERVER", "http://127.0.0.1:1"))
    ended = enlist("validate", "--strict", "f.yaml")

    assert (ended.status, ended.out) == (0, "")


def test_a_comment_two_lines_above_silences_nothing_and_is_a_warning_itself(
    enlist: Enlist, tmp_path: Path
) -> None:
    text = UNUSED.replace("\nvariables:", f"\n{REASON}\nvariables:")
    (tmp_path / "f.yaml").write_text(text.replace("SERVER", "http://127.0.0.1:1"))
    ended = enlist("validate", "f.yaml")

    assert re.findall(r"warning\[(W[0-9]+)\]", ended.out) == ["W520", "W501"]


def test_no_format_shows_a_secret_that_stands_in_the_file(enlist: Enlist, tmp_path: Path) -> None:
    for name in ("warning-secret-in-the-file.yaml", "warning-password-in-a-url.yaml"):
        (tmp_path / name).write_text((WRONG / name).read_text())
        for form in ("text", "json", "github", "sarif"):
            ended = enlist("validate", "--format", form, name)

            assert "W515" in ended.out, ended
            assert "a3f9c2e17b" not in ended.out + ended.err
            assert "correct-horse" not in ended.out + ended.err


def test_json_says_that_a_warning_is_one(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(UNUSED.replace("SERVER", "http://127.0.0.1:1"))
    ended = enlist("validate", "--format", "json", "f.yaml")

    assert ended.status == 0
    assert "warning" in json.dumps(json.loads(ended.out))


def test_every_warning_has_a_file_that_shows_it() -> None:
    shown = {
        code
        for path in WRONG.glob("*.out")
        for code in re.findall(r"warning\[(W[0-9]+)\]", path.read_text(encoding="utf-8"))
    }

    assert shown == set(CODES)
    assert len(RULES) <= len(CODES)


def test_each_rule_says_why_it_exists() -> None:
    assert [rule.__name__ for rule in RULES if not (rule.__doc__ or "").strip().endswith(".")] == []


def test_warnings_need_neither_event_loop_nor_http() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import sys, runner.commands.validate; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.split()  # fmt: skip

    assert "runner.config.lint.lint" in seen
    assert {"asyncio", "aiohttp", "loguru"} & set(seen) == set()


def long_file(registrations: int) -> str:
    parts = ['version: 1\nendpoints:\n  e: {url: "http://127.0.0.1:1"}\nfailure_classes:\n']
    parts += [
        f"  - {{name: c{i}, match: {{status: {400 + i}, body: {{code: c{i}}}}}, action: retry}}\n"
        for i in range(60)
    ]
    parts += ["registrations:\n"]
    parts += [
        f"  r{i}:\n"
        "    failure_classes:\n"
        "      - {name: busy, match: {status: [409, 423], body: {reason: locked}}, action: retry}\n"
        f'    request: {{method: PUT, path: "/services/{i}", json: {{port: 8080, id: "${{HOSTNAME}}"}}}}\n'
        "    capture: {id: lease.id}\n"
        '    verify: {request: {path: "/services/${register.id}"}, expect: {body: {"state.name": ready}}}\n'
        for i in range(registrations)
    ]
    return "".join(parts)


def test_a_file_of_half_a_megabyte_takes_seconds_at_most(enlist: Enlist, tmp_path: Path) -> None:
    """Measured: 1.3 s of processor time; the limit leaves room for a machine that is busy with other tests."""
    (tmp_path / "f.yaml").write_text(long_file(1350))
    assert 450_000 < (tmp_path / "f.yaml").stat().st_size < 600_000
    started = time.monotonic()
    ended = enlist("validate", "f.yaml")

    assert (ended.status, ended.out) == (0, ""), ended.out[:500]
    assert time.monotonic() - started < 10
