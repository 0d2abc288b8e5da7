"""A gate in front of an ASGI application, as plain ASGI: no framework, no server, nothing to install."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from runner.adapters.refusal import BODY, STATUS, headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_TRY_AGAIN_LATER = 1013


def gated(
    app: App,
    refuse: Callable[[str], int | None],
    *,
    begin: Callable[[], Awaitable[object]],
    end: Callable[[], Awaitable[None]],
) -> App:
    """Return the application behind a gate.

    Args:
        app: the application.
        refuse: tells, for a path, after how many seconds a client may come again; nothing lets it in.
        begin: called when the application has started.
        end: called before it is shut down.
    """

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, _ending(receive, end), _beginning(send, begin))
            return
        after_s = refuse(scope["path"])
        if after_s is None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _TRY_AGAIN_LATER, "reason": "registering"})
        else:
            raw = [(name.lower().encode(), value.encode()) for name, value in headers(after_s).items()]
            length = (b"content-length", str(len(BODY)).encode())
            await send({"type": "http.response.start", "status": STATUS, "headers": [*raw, length]})
            await send({"type": "http.response.body", "body": BODY})

    return behind


def _beginning(send: Send, begin: Callable[[], Awaitable[object]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            try:
                await begin()
            except Exception as error:
                # Servers take an exception alone for an application without a lifespan, and serve on.
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
        await send(message)

    return sending


def _ending(receive: Receive, end: Callable[[], Awaitable[None]]) -> Receive:
    async def receiving() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await end()
        return message

    return receiving
