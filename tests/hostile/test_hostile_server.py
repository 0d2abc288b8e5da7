"""A server that puts hostile text in every place of its answers: a failure at most, never a traceback, never 70."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile.test_hostile import HOSTILE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import warm

FILE = """\
version: 1
endpoints: {e: {url: "http://127.0.0.1:PORT", attempt_timeout: 500ms}}
report: {bodies: true}
retry_policies: {default: {attempts: 2, deadline: 2s, backoff: {initial: 1ms, max: 1ms}}}
registrations:
  r:
    steps:
      - name: first
        request: {method: PUT, path: /a}
        capture:
          ref: {body: ref, default: a}
          head: {header: X-Head, default: a}
          said: {text: "said (.+)", default: a}
          token: {body: token, default: a, secret: true}
      - name: second
        request:
          method: PUT
          path: "/${first.ref}/${first.token}"
          headers: {X-A: "${first.head}", X-B: "${first.said}", X-C: "${first.token}"}
          query: {a: "${first.ref}"}
          json: {a: "${first.ref}", "${first.head}": "${first.said}"}
      - name: followed
        request: {path: "${first.ref}"}
    heartbeat: {every: 30s, request: {path: "/${first.ref}"}}
    deregister: {request: {method: DELETE, path: "/${first.token}"}}
"""
HEADERS = (
    "Location", "Retry-After", "Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection",
    "Set-Cookie", "Date", "WWW-Authenticate", "X-Head", "X-Request-Id", "RateLimit-Reset", "Server",
)  # fmt: skip
KEYS = ("ref", "token", "message", "error", "x-b")
STATUSES = (200, 201, 204, 302, 307, 401, 403, 404, 409, 413, 429, 500, 503, 999, 100)
OPTIONS = (
    (),
    ("--log-format", "json", "--report", "json=r.json"),
    ("--report", "html=r.html", "--report", "junit=r.xml"),
    ("--log-level", "debug"),
)


class Control:
    """Answers every connection with the same bytes, and closes it."""

    def __init__(self) -> None:
        self.answer = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def serve(self) -> None:
        """Go on until the listener is shut down."""
        while True:
            try:
                visitor, _ = self.listener.accept()
            except OSError:
                return
            with visitor:
                visitor.settimeout(5)
                try:
                    visitor.recv(65536)
                    visitor.sendall(self.answer)
                    visitor.shutdown(socket.SHUT_WR)
                    while visitor.recv(65536):
                        pass
                except OSError:
                    continue


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    served = Control()
    thread = threading.Thread(target=served.serve)
    thread.start()
    yield served
    served.listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    served.listener.close()


def answer_of(status: int, place: str, text: str, *, ascii_only: bool) -> bytes:
    """Return an answer with a text in one of its places."""
    raw = text.encode("utf-8", "surrogatepass")
    body = {"ref": "a", "token": "aaaaaaaa", "message": "said nothing"}
    if place in KEYS:
        body[place] = f"said {text}" if place == "message" else text
    content = json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    content = {"body": raw, "key": json.dumps({text: text}).encode()}.get(place, content)
    lines = [b"HTTP/1.1 %d %s" % (status, raw if place == "reason" else b"Said")]
    headers = {b"Content-Type": b"application/json", b"Content-Length": b"%d" % len(content)}
    headers |= {place.encode(): raw} if place in HEADERS else {raw: b"a"} if place == "name" else {}
    lines += [name + b": " + value for name, value in headers.items()]
    return b"\r\n".join([*lines, b"", content])


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    status=st.sampled_from(STATUSES),
    place=st.sampled_from([*HEADERS, *KEYS, "body", "key", "reason", "name"]),
    text=st.sampled_from(HOSTILE),
    ascii_only=st.booleans(),
    options=st.sampled_from(OPTIONS),
)
def test_a_hostile_server_is_never_a_bug(
    tmp_path: Path,
    control: Control,
    status: int,
    place: str,
    text: str,
    ascii_only: bool,
    options: tuple[str, ...],
) -> None:
    control.answer = answer_of(status, place, text, ascii_only=ascii_only)
    (tmp_path / "f.yaml").write_text(FILE.replace("PORT", str(control.port)))

    ended = warm.run(["run", *options, "f.yaml"], tmp_path, {"PATH": "/usr/bin:/bin"}, b"", 30.0, None)

    assert ended.returncode in {0, 74, 75, 76, 77}, ended
    assert b"Traceback" not in ended.stdout + ended.stderr
    assert b"\x1b[31m" not in ended.stdout + ended.stderr
