"""What a gate does with requests: none waits, and those that come early are told when to come again."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from support.harness import plan_of
from support.scripted_gate import FILE, SLOW, ScriptedGate

from runner import Gate, InvalidFile, NotRegistered
from runner.adapters.asgi import App, Message, Receive, Scope, Send
from runner.adapters.virtual.loop import run_virtually

METADATA = "/api/rivet/metadata"


def play(course: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await course()

    run_virtually(main())


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers 200 to everything, and starts and ends when it is told to."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"served"})


async def ask(served: App, path: str = "/", kind: str = "http", hears: tuple[str, ...] = ()) -> list[Message]:
    """Return what an application says to what it hears."""
    said: list[Message] = []
    pending = iter(hears)

    async def receive() -> Message:
        return {"type": next(pending)}

    async def send(message: Message) -> None:
        said.append(message)

    await served({"type": kind, "path": path}, receive, send)
    return said


async def ask_aiohttp(gate: Gate, path: str = "/", **options: Any) -> web.Response:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(text="served")

    answer = await gate.aiohttp_middleware(**options)(make_mocked_request("GET", path), handler)
    assert isinstance(answer, web.Response)
    return answer


def test_an_early_request_to_asgi_is_told_to_come_again_and_does_not_wait() -> None:
    async def course() -> None:
        async with ScriptedGate(given=SLOW) as gate:
            start, body = await ask(gate.asgi(app))

            assert now_s() == 0
            assert start["status"] == 503
            assert dict(start["headers"]) == {
                b"retry-after": b"1",
                b"content-type": b"application/problem+json",
                b"content-length": str(len(body["body"])).encode(),
            }
            assert json.loads(body["body"]) == {
                "type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "registering",
            }  # fmt: skip

    play(course)


def test_an_early_request_to_aiohttp_is_told_to_come_again_and_does_not_wait() -> None:
    async def course() -> None:
        async with ScriptedGate(given=SLOW) as gate:
            answer = await ask_aiohttp(gate)

            assert now_s() == 0
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert answer.content_type == "application/problem+json"

    play(course)


def test_requests_are_served_once_everything_stands_and_no_longer_than_the_gate_is_open() -> None:
    async def course() -> None:
        async with ScriptedGate() as gate:
            await gate.ready()
            open_statuses = ((await ask(gate.asgi(app)))[0]["status"], (await ask_aiohttp(gate)).status)
        closed_statuses = ((await ask(gate.asgi(app)))[0]["status"], (await ask_aiohttp(gate)).status)

        assert open_statuses == (200, 200)
        assert closed_statuses == (503, 503)

    play(course)


@pytest.mark.parametrize(
    ("path", "status"), [(METADATA, 200), (METADATA + "/", 503), ("/api/rivet/start", 503), ("/healthz", 503)]
)
def test_only_exempt_paths_are_let_in_early_and_only_in_full(path: str, status: int) -> None:
    async def course() -> None:
        async with ScriptedGate(given=SLOW) as gate:
            assert (await ask_aiohttp(gate, path, exempt=(METADATA,))).status == status
            assert (await ask(gate.asgi(app, exempt=(METADATA,)), path))[0]["status"] == status

    play(course)


def test_the_health_check_is_exempt_unless_something_else_is_said() -> None:
    async def course() -> None:
        async with ScriptedGate(given=SLOW) as gate:
            assert (await ask_aiohttp(gate, "/healthz")).status == 200
            assert (await ask(gate.asgi(app), "/healthz"))[0]["status"] == 200

    play(course)


def test_an_early_websocket_is_closed_with_the_code_for_later() -> None:
    async def course() -> None:
        async with ScriptedGate(given=SLOW) as gate:
            early = await ask(gate.asgi(app), kind="websocket", hears=("websocket.connect",))
            await gate.ready()
            late = await ask(gate.asgi(app), kind="websocket", hears=("websocket.connect",))

        assert early == [{"type": "websocket.close", "code": 1013, "reason": "registering"}]
        assert late == [{"type": "websocket.accept"}]

    play(course)


def test_a_request_begins_to_register_where_nothing_has() -> None:
    async def course() -> None:
        gate = ScriptedGate()
        early = await ask_aiohttp(gate)
        await asyncio.sleep(0.1)

        assert (early.status, (await ask_aiohttp(gate)).status) == (503, 200)

    play(course)


@pytest.mark.parametrize("status", [400, 503])
def test_a_busy_service_tries_again_every_five_seconds_whatever_failed(status: int) -> None:
    async def course() -> None:
        gate = ScriptedGate(given=f"[{{status: {status}}}]")
        told = []
        for _ in range(110):
            told.append((await ask_aiohttp(gate)).headers["Retry-After"])
            await asyncio.sleep(0.1)

        assert [round(at_s) for at_s, _ in gate.sent] == [0, 5, 10]
        assert told[:3] == ["1", "5", "5"]
        assert told[45] == "1"

    play(course)


def test_what_may_have_taken_effect_is_sent_again_neither_by_a_request_nor_by_a_call() -> None:
    async def course() -> None:
        gate = ScriptedGate(FILE.replace("PUT", "POST"), "[{error: read-timeout}, {status: 200}]")
        with pytest.raises(NotRegistered, match="look before you restart"):
            await gate.ready()
        await asyncio.sleep(100)
        answer = await ask_aiohttp(gate)
        await asyncio.sleep(1)

        assert (answer.status, answer.headers["Retry-After"], len(gate.sent)) == (503, "3600", 1)
        with pytest.raises(NotRegistered, match="look before you restart"):
            await gate.ready()
        assert len(gate.sent) == 1

    play(course)


def test_the_lifespan_of_an_application_carries_the_gate() -> None:
    async def course() -> None:
        gate = ScriptedGate()
        at: list[tuple[str, list[str]]] = []

        async def watched(_: Scope, receive: Receive, send: Send) -> None:
            await receive()
            at.append(("starting", list(gate.steps)))
            await send({"type": "lifespan.startup.complete"})
            await gate.ready()
            at.append(("started", list(gate.steps)))
            await receive()
            at.append(("ending", list(gate.steps)))

        await ask(gate.asgi(watched), kind="lifespan", hears=("lifespan.startup", "lifespan.shutdown"))

        assert at == [
            ("starting", []), ("started", ["register"]), ("ending", ["register", "deregister"]),
        ]  # fmt: skip

    play(course)


def test_a_file_that_cannot_be_bound_fails_the_startup_with_its_words() -> None:
    async def course() -> None:
        gate = Gate(plan_of(FILE.replace("/services/web", '"/services/${NAME}"')), environment={})
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "lifespan.startup"}

        async def send(message: Message) -> None:
            said.append(message)

        with pytest.raises(InvalidFile):
            await gate.asgi(app)({"type": "lifespan"}, receive, send)

        assert [each["type"] for each in said] == ["lifespan.startup.failed"]
        assert "NAME is not set" in said[0]["message"]

    play(course)


def test_a_bug_is_the_host_s_to_see_and_no_503_for_ever() -> None:
    async def course() -> None:
        gate = ScriptedGate()
        gate.transport.send = None  # type: ignore[method-assign,assignment]  # breaks it
        assert (await ask_aiohttp(gate)).status == 503
        await asyncio.sleep(0.1)
        with pytest.raises(TypeError):
            await ask_aiohttp(gate)

    play(course)
