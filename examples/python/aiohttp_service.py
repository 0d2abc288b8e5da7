"""An aiohttp service that registers itself, and answers 503 with Retry-After until it is registered.

RIVET_ENDPOINT=http://127.0.0.1:6420 PUBLIC_URL=http://127.0.0.1:3000/api/rivet python aiohttp_service.py
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

import runner

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


async def registered(_: web.Application) -> AsyncIterator[None]:
    """Begin to register when the service starts; it serves meanwhile."""
    async with gate:
        yield


async def deregister(_: web.Application) -> None:
    """Deregister before open requests are waited for, so that no new ones are sent to us."""
    await gate.close()


async def hello(_: web.Request) -> web.Response:
    """Answer only while we are registered: the middleware sees to that."""
    return web.Response(text="hello\n")


async def healthz(_: web.Request) -> web.Response:
    """Say that the process lives, and whether it is registered."""
    return web.json_response({"registered": gate.is_ready})


async def metadata(_: web.Request) -> web.Response:
    """Answer what the engine wants to know."""
    return web.json_response(METADATA)


app = web.Application(middlewares=[gate.aiohttp_middleware(exempt=EXEMPT)])
app.add_routes([web.get("/", hello), web.get("/healthz", healthz), web.get("/api/rivet/metadata", metadata)])
app.cleanup_ctx.append(registered)
app.on_shutdown.append(deregister)

if __name__ == "__main__":
    web.run_app(app, port=int(os.environ.get("PORT", "3000")))
