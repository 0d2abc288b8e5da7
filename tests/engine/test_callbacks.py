"""Whatever a server sends, the loop is never held up for long: deadlines and signals are heard meanwhile."""

import asyncio
import gc
import json
import random
import string
import time
from asyncio.events import Handle
from collections.abc import Callable

import pytest
from support.harness import Recorder, bound_of
from support.staying import stay

from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.language.value import Json
from runner.model.exchange import Exchange, Limits, Request, Response
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.surroundings import with_ports

TURNS = 2_000_000
"""Of the plainest Python: they take 50 ms of a quiet core, and more when the machine that measures is busy."""
TRIES = 8
"""One of which must do: what a machine does besides only ever adds, to the one measure and not to the other."""
MIB = 1024 * 1024
SERVICES: Json = [{"name": f"n{number}", "id": number, "tags": ["a"]} for number in range(14_000)]
TOKEN = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=MIB - 100))
BINARY = "".join(f"%{byte:02x}" for byte in random.Random(2).randbytes(5000))
CLASSES = "".join(
    f"  - {{name: c{number}, match: {{status: 200, body: {{\"[?name=='x{number}'].id | [0]\": {{min: 1}}}}}}, action: fail}}\n"
    for number in range(30)
)


def secret(path: str = "token") -> str:
    return f"request: {{path: /}}, capture: {{c: {{{path}, secret: true}}}}"


HOSTILE: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "many classes ask a large answer": ("request: {path: /}", json.dumps(SERVICES).encode(), {}),
    "captures sort it": (
        "request: {path: /}, capture: {a: 'sort_by(@, &name)[0]', b: 'sort_by(@, &id)[0]', c: 'sort_by(@, &name)[1]'}",
        json.dumps(SERVICES).encode(),
        {},
    ),
    "it has nothing but empty lists": (secret("body: a"), b"[" + b"[]," * 39_000 + b"1]", {}),
    "it has more values than are read": (secret("body: a"), b"[" + b"[]," * (MIB // 3 - 9) + b"1]", {}),
    "it is nested": (secret("body: a"), b"[" + b",".join([b"[" * 98 + b"]" * 98] * 600) + b"]", {}),
    "a secret is long": (secret("body: token"), json.dumps({"token": TOKEN[: 16 * 1024]}).encode(), {}),
    "a secret is written out": (secret("body: token"), json.dumps({"token": BINARY}).encode(), {}),
    "a secret is longer than is taken": (secret("body: token"), json.dumps({"token": TOKEN}).encode(), {}),
    "a pattern goes through a text": (
        "request: {path: /}, capture: {c: {text: '(([ab]*)a[ab]{400})c'}}",
        b"ab" * (MIB // 2),
        {},
    ),
    "a text repeats base64": (secret("body: token"), b'{"message": "' + b"JTI1MjUy" * 100_000 + b'"}', {}),
    "a header is long": (secret("header: x-long"), b"{}", {"x-long": "%25" * 5000}),
    "what is expected is something else": (
        "request: {path: /}, expect: {body: {'@': 1}}",
        json.dumps(SERVICES[:6000] if isinstance(SERVICES, list) else 0).encode(),
        {},
    ),
}


class OneAnswer(ScriptedTransport):
    """Gives the same answer to all."""

    def __init__(self, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(())
        self._answer = Response(status=200, headers=headers, body=body)

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:  # noqa: ARG002 - the port's signature
        """See ``ports.Transport``."""
        on_sent()
        await asyncio.sleep(0.01)
        return self._answer


def longest_s(play: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> float:
    """Return the CPU time of the callback that took the most of it."""
    took_s = [0.0]
    run = Handle._run

    def measured(handle: Handle) -> None:
        began_s = time.thread_time()
        run(handle)
        took_s.append(time.thread_time() - began_s)

    class Measured(Handle):
        _run = measured

    class Timer(asyncio.TimerHandle):
        _run = measured

    with monkeypatch.context() as patched:
        patched.setattr(asyncio.events, "Handle", Measured)
        patched.setattr(asyncio.events, "TimerHandle", Timer)
        play()
    return max(took_s)


def turns_s() -> float:
    """Return what the turns take here and now."""
    began_s = time.thread_time()
    total = 0
    for number in range(TURNS):
        total += number
    return time.thread_time() - began_s


def played(text: str, body: bytes, headers: dict[str, str]) -> None:
    ports = Ports(
        transport=OneAnswer(body, headers), reporter=Recorder(), clock=VirtualClock(), random=lambda: 0.5
    )
    run_virtually(Session(bound_of(text), with_ports(ports)).register())


@pytest.mark.parametrize("what", HOSTILE)
def test_no_answer_holds_up_the_loop(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registration, body, headers = HOSTILE[what]
    classes = f"failure_classes:\n{CLASSES}" if "classes" in what else ""
    text = (
        "version: 1\nendpoints: {e: {url: 'http://h'}}\nreport: {bodies: true}\n"
        "retry_policies: {default: {attempts: 2}}\n"
        f"{classes}registrations:\n  r: {{{registration}}}\n"
    )

    played(text, body, headers)  # imports, and compiles what is compiled once
    within = (
        0 < longest_s(lambda: played(text, body, headers), monkeypatch) < turns_s() for _ in range(TRIES)
    )

    assert any(within)


def test_thousands_of_registrations_hold_it_up_neither_while_they_are_kept_nor_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But for the collector, which passes over them."""
    text = "version: 1\nendpoints: {e: {url: 'http://h', max_concurrency: 64}}\nregistrations:\n" + "".join(
        f"  r{number}: {{request: {{method: PUT, path: /r}}, heartbeat: {{every: 60s, request: {{path: /beat}}}},"
        " deregister: {request: {method: DELETE, path: /r}}}\n"
        for number in range(2000)
    )

    def course() -> None:
        stayed = stay(text, "[{status: 200}]", leave_at_s=65, within_s=60)
        assert {each.deregistration for each in stayed.report.outcomes} == {"deregistered"}

    gc.disable()
    try:
        within = (longest_s(course, monkeypatch) < turns_s() for _ in range(3))
        assert any(within)
    finally:
        gc.enable()


def test_what_holds_up_the_loop_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hold_up() -> None:
        for _ in range(2):
            turns_s()

    assert longest_s(lambda: run_virtually(hold_up()), monkeypatch) > turns_s()
