"""``enlist plan --vars``: what a container needs, and which of it is there."""

from pathlib import Path

from support.process import Enlist

FILE = """\
version: 1
variables:
  pool: {env: POOL, default: web, description: which pool}
  key: {file: /nowhere/key}
  port: {env: PORT, type: integer}
endpoints: {e: {url: "http://${HOST}:1", auth: {bearer: "${file:token}"}}}
registrations: {r: {request: {method: PUT, path: "/${var.pool}/${var.port}", json: {k: "${var.key}"}}}}
"""


def test_the_table_says_what_is_needed_set_and_used_and_no_secret(enlist: Enlist, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(FILE)
    (tmp_path / "token").write_text("t0p-s3cret")
    ended = enlist("plan", "--vars", "f.yaml", environment={"PORT": "80"})

    assert [line.split() for line in ended.out.splitlines()] == [
        ["NAME", "FROM", "SET", "TYPE", "DEFAULT", "USED", "ON", "LINES"],
        ["pool", "POOL", "no", "string", "web", "7", "which", "pool"],
        ["key", "/nowhere/key", "no", "string,", "secret", "required", "7"],
        ["port", "PORT", "yes", "integer", "required", "7"],
        ["${HOST}", "the", "environment", "no", "string", "required", "6"],
        ["${file:token}", "a", "file", "yes", "string,", "secret", "required", "6"],
    ]
    assert "t0p-s3cret" not in str(ended)
