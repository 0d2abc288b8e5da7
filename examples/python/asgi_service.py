"""An ASGI service that registers itself, and answers 503 with Retry-After until it is registered.

RIVET_ENDPOINT=http://127.0.0.1:6420 PUBLIC_URL=http://127.0.0.1:3000/api/rivet uvicorn asgi_service:app --port 3000

Plain ASGI, so that nothing but a server is needed; an application of Starlette or FastAPI is put behind the gate
in the same way. A server sends the end of the lifespan when open requests are served: keep that short, as with
uvicorn's --timeout-graceful-shutdown, or deregistering comes after the platform's patience.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import runner

Message = MutableMapping[str, Any]

# The engine asks for the metadata while it takes the registration. If the gate were closed to that, it would
# never open. Health checks are about the process, and not about the registration.
EXEMPT = ("/healthz", "/api/rivet/metadata")
METADATA = {
    "runtime": "rivetkit",
    "version": "2.3.19",
    "actorNames": {"counter": {"metadata": {}}},
    "envoyProtocolVersion": 8,
    "envoy": {"version": 1},
}

gate = runner.Gate(runner.load(Path(__file__).with_name("enlist.yaml")))


async def service(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer; a framework does this for you."""
    if scope["type"] == "lifespan":
        # The gate listens in: it begins to register after the first, and deregisters before the second.
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    answers: dict[str, Any] = {
        "/": "hello",
        "/healthz": {"registered": gate.is_ready},
        "/api/rivet/metadata": METADATA,
    }
    found = scope["path"] in answers
    body = json.dumps(answers.get(scope["path"])).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = gate.asgi(service, exempt=EXEMPT)
