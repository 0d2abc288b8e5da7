"""The service that is registered: one that the engine can reach, and one that takes its call and is silent."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
NOBODY = f"http://{HOST}:9/api/rivet"
"""A service that refuses connections: the engine stores its pool at once."""
_METADATA = json.dumps(
    {
        "runtime": "rivetkit",
        "version": "2.3.19",
        "actorNames": {"counter": {"metadata": {}}},
        "envoyProtocolVersion": 8,
        "envoy": {"version": 1},
    }
).encode()


class _Metadata(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer as rivetkit does, whatever is asked."""
        self.send_response_only(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(_METADATA)))
        self.end_headers()
        self.wfile.write(_METADATA)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def reachable_app() -> Iterator[str]:
    """Serve what the engine asks a service for; yields the URL to register."""
    with ThreadingHTTPServer((HOST, 0), _Metadata) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}/api/rivet"
        finally:
            server.shutdown()
            thread.join()


class SilentApp:
    """A service that takes connections and never answers: the engine waits for it with the PUT in its hands."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self._calls: list[socket.socket] = []
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}/api/rivet"

    def await_call(self, within_s: float) -> None:
        """Wait until the engine has called."""
        self._listener.settimeout(within_s)
        self._calls.append(self._listener.accept()[0])

    def close(self) -> None:
        """Take no more calls, and end those that there are."""
        for call in (*self._calls, self._listener):
            call.close()
