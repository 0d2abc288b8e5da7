"""The least that a Rivet engine takes for a service: it answers ``/api/rivet/metadata`` as rivetkit does.

A stand-in for trying ``entrypoint.enlist.yaml``; a real service is made with rivetkit. Takes its port from PORT and ends in
order on SIGTERM.
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METADATA = {
    "runtime": "rivetkit",
    "version": "2.3.19",
    "actorNames": {"counter": {"metadata": {}}},
    "envoyProtocolVersion": 8,
    "envoy": {"version": 1},
}


class Service(BaseHTTPRequestHandler):
    """Answers the engine."""

    def do_GET(self) -> None:
        """Say what runs here; everything else is not found."""
        known = self.path == "/api/rivet/metadata"
        body = json.dumps(METADATA if known else {"error": "not found"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until told to stop."""
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Service)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
