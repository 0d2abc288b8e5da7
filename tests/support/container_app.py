"""The application in the container tests, and its control plane too, since the containers have no network.

Says on standard output what it is asked and told, in order.
"""

import argparse
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Plane(BaseHTTPRequestHandler):
    """Answers everything but the root with one status."""

    answer = 200
    protocol_version = "HTTP/1.1"

    def _reply(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = f"{self.command} {self.path}"
        if asked != "GET /":
            say(asked)
        self.send_response(200 if asked == "GET /" else self.answer)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_PUT = do_DELETE = _reply  # noqa: N815 - the names that the base class looks for

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing more."""


def say(words: str) -> None:
    """One write a line, whichever thread it is."""
    os.write(1, f"app: {words}\n".encode())


def allocate(mib: int) -> None:
    """Take memory, and touch it, until that much is there or the kernel has had enough."""
    held = []
    for _ in range(mib):
        held.append(bytearray(os.urandom(1)) * (1 << 20))
        time.sleep(0.001)


def leave_orphans(count: int) -> None:
    """Processes that end a moment later and whose parent has gone, so they come to process 1."""
    for _ in range(count):
        child = os.fork()
        if child == 0:
            if os.fork() == 0:
                time.sleep(0.2)
            os._exit(0)
        os.waitpid(child, 0)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--at-term", choices=["end", "die", "ignore"], default="die")
    parser.add_argument("--answer", type=int, default=200)
    parser.add_argument("--allocate-mib", type=int, default=0, help="when told by USR1")
    parser.add_argument("--orphans", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop, or as told at TERM."""
    options = arguments()
    Plane.answer = options.answer
    waited_for = {signal.SIGUSR1}
    if options.at_term == "end":
        waited_for.add(signal.SIGTERM)
    elif options.at_term == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)
    leave_orphans(options.orphans)
    server = ThreadingHTTPServer(("127.0.0.1", 3000), Plane)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"serving as process {os.getpid()}")
    while signal.sigwait(waited_for) == signal.SIGUSR1:
        allocate(options.allocate_mib)
    say("told to stop")
    sys.exit(0)


if __name__ == "__main__":
    main()
