"""Gives each test the command, in a folder and an environment of its own, and a control plane on loopback."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from support import warm
from support.http_server import Reply, Request, serving
from support.process import ENDS_WITHIN_S, Ended, Enlist, Server


@pytest.fixture
def enlist(tmp_path: Path) -> Enlist:
    """Run ``enlist``, or what else is its command, in the test's own folder; no test may end in a traceback."""

    def run(
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        command: Sequence[str] | None = None,
        may_crash: bool = False,
    ) -> Ended:
        values = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(environment or {})}
        ended = warm.run(arguments, tmp_path, values, stdin, ENDS_WITHIN_S, command)
        found = Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
        assert may_crash or "Traceback" not in found.out + found.err, found
        return found

    return run


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve on a free port of the loopback."""
    told = Server()

    def answer(request: Request) -> Reply:
        told.asked.append((request.method, request.path, request.headers, request.body))
        echo = {"path": request.path, "headers": dict(request.headers), "body": request.body.decode()}
        body = told.body or json.dumps(echo).encode()
        return Reply(told.status, body, {"Content-Type": "application/json"})

    with serving(answer) as told.url:
        yield told
