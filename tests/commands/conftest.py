"""Gives each test the command, in a folder and an environment of its own, and a control plane on loopback."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support import warm
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

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.asked.append((self.command, self.path, dict(self.headers), body))
            echo = (
                told.body
                or json.dumps(
                    {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
                ).encode()
            )
            self.send_response(told.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(echo)))
            self.end_headers()
            self.wfile.write(echo)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - the names that http.server asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            """Say nothing: the tests look at what the command says."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
