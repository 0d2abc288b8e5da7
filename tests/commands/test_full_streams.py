"""Streams and report files that cannot take what is written: the outcome is the registration's all the same."""

import os
import subprocess
import threading
from pathlib import Path

import pytest
from support.process import COMMAND, Server

FILE = """\
version: 1
endpoints: {e: {url: "%s"}}
registrations: {r: {request: {method: PUT, path: /r}}}
"""


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", ">/dev/full 2>/dev/full", ">&- 2>&-"])
def test_a_stream_that_takes_nothing_changes_no_status(
    tmp_path: Path, server: Server, redirection: str
) -> None:
    (tmp_path / "f.yaml").write_text(FILE % server.url)
    command = f"{COMMAND} run f.yaml {redirection}"
    ended = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=False, timeout=20)

    assert ended.returncode == 0
    assert [(method, path) for method, path, _, _ in server.asked] == [("PUT", "/r")]


def test_a_report_goes_into_a_pipe_and_does_not_replace_it(tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(FILE % server.url)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    subprocess.run([COMMAND, "run", "f.yaml", "--report", "json=pipe"], cwd=tmp_path, check=True, timeout=20)
    reader.join(timeout=10)

    assert pipe.is_fifo()
    assert '"exit_status": 0' in read[0]


def test_a_report_through_a_link_leaves_the_link(tmp_path: Path, server: Server) -> None:
    (tmp_path / "f.yaml").write_text(FILE % server.url)
    (tmp_path / "target.json").write_text("old")
    (tmp_path / "link.json").symlink_to("target.json")
    subprocess.run(
        [COMMAND, "run", "f.yaml", "--report", "json=link.json"], cwd=tmp_path, check=True, timeout=20
    )

    assert (tmp_path / "link.json").is_symlink()
    assert '"exit_status": 0' in (tmp_path / "target.json").read_text()
