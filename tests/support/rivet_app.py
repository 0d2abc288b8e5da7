"""The service that is registered: one that the engine can reach, and one that takes its call and is silent."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from support.http_server import HOST, Reply, serving

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


@contextmanager
def reachable_app() -> Iterator[str]:
    """Serve, as rivetkit does, what the engine asks a service for; yields the URL to register."""
    with serving(lambda _: Reply(body=_METADATA, headers={"Content-Type": "application/json"})) as url:
        yield f"{url}/api/rivet"


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
