"""The usual shell loop and a recipe against the same control plane that misbehaves: what each did, as a table.

    python compare.py            # needs sh, curl and enlist; takes two minutes

Nothing is measured that depends on the machine: a server on loopback answers as the real one was seen to, counts what
it is asked, and knows at the end whether the service is registered.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
Answer = tuple[int, Any]


class Scenario(NamedTuple):
    """One control plane and what is wrong with it."""

    plane: str
    misbehaves: str
    environment: dict[str, str]
    answers: Callable[["Plane"], Callable[[str, str], Answer]]
    life_s: float = 0.0
    """How long the service lives; where it is 0 the entrypoint ends by itself."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that goes away."""


class Plane:
    """A control plane on loopback that is told how to answer."""

    def __init__(self, scenario: Scenario) -> None:
        self.asked = 0
        self.is_registered = False
        self.began_s = time.monotonic()
        answer = scenario.answers(self)
        plane = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self) -> None:
                plane.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = answer(self.command, self.path.partition("?")[0])
                raw = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_PUT = do_POST = do_DELETE = reply  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server.server_port}"


def wrong_namespace(_: Plane) -> Callable[[str, str], Answer]:
    """Answer as a Rivet engine that has no such namespace."""
    refused = {"group": "namespace", "code": "not_found", "message": "The namespace does not exist."}
    return lambda method, _: (
        (400, refused) if method == "PUT" else (200, {"datacenters": [{"name": "default"}]})
    )


def wrong_token(_: Plane) -> Callable[[str, str], Answer]:
    """Answer as a Consul agent to a token without rights."""
    return lambda *_: (403, "Permission denied: Missing service:write on web")


def forgets_the_lease(plane: Plane) -> Callable[[str, str], Answer]:
    """Answer as an etcd that has lost a lease after three seconds: keepalive stays 200, without a TTL."""
    granted = 0
    granted_s = 0.0

    def answer(_: str, path: str) -> Answer:
        nonlocal granted, granted_s
        lost = granted == 1 and time.monotonic() > granted_s + 3
        plane.is_registered = plane.is_registered and not lost
        if path == "/v3/lease/grant":
            granted, granted_s = granted + 1, time.monotonic()
            return 200, f'{{"ID":"{granted}","TTL":"6"}}'
        if path == "/v3/kv/put":
            plane.is_registered = True
            return 200, {}
        if path == "/v3/kv/range":
            return 200, {"kvs": [{"lease": str(granted)}], "count": "1"} if plane.is_registered else {}
        return 200, {"result": {"ID": str(granted), **({} if lost else {"TTL": "6"})}}

    return answer


SCENARIOS = (
    Scenario("Rivet", "has no such namespace", {"NAMESPACE": "prdo"}, wrong_namespace),
    Scenario("Consul", "denies the token", {"TOKEN": "wrong-token"}, wrong_token),
    Scenario(
        "etcd", "loses the lease after 3 s, and answers 200 as before", {}, forgets_the_lease, life_s=12.0
    ),
)


def measured(scenario: Scenario, command: list[str], tries: int) -> str:
    """Run an entrypoint against a new server, and return the cells of its row."""
    plane = Plane(scenario)
    environment = {**os.environ, **scenario.environment, "URL": plane.url, "TRIES": str(tries)}
    began_s = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own files
        command, cwd=HERE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(scenario.life_s or None)
    registered, asked = plane.is_registered, plane.asked
    took_s = time.monotonic() - began_s
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    status = process.wait()
    plane.server.shutdown()
    return f"{asked} | {took_s:.0f} s | {'yes' if registered else 'no'} | {status}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tries", type=int, default=30, help="of a loop; default 30")
    tries = parser.parse_args().tries
    enlist = str(Path(sys.executable).with_name("enlist"))
    print("| control plane | | requests | time | registered then | exit status |\n|---|---|---|---|---|---|")  # noqa: T201 - a script
    for scenario in SCENARIOS:
        name = scenario.plane.lower()
        for who, command in (
            ("loop", ["sh", f"{name}-loop.sh"]),
            ("recipe", [enlist, "run", f"{name}.enlist.yaml"]),
        ):
            cells = measured(scenario, command, tries)
            print(f"| {scenario.plane} {scenario.misbehaves} | {who} | {cells} |", flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main()
