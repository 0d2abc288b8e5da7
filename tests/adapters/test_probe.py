"""One look at an application, by each way of looking; a look that goes wrong says why, and ends."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from runner.adapters.http import probe as module
from runner.adapters.http.probe import probe
from runner.language.lifecycle import ProbeKind, Ready
from runner.language.value import Template

ANYTHING = Template(("what the target is made of",))


def look(kind: ProbeKind, *target: str, left_s: float = 60.0) -> Awaitable[str | None]:
    written: dict[str, Any] = {kind: (ANYTHING,) if kind is ProbeKind.EXEC else ANYTHING}
    return probe(Ready(every_s=1.0, deadline_s=1.0, **written), target, left_s)


def with_server(status: int, ask: Callable[[int], Awaitable[str | None]]) -> str | None:
    """Ask while a server that answers everything with one status listens."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async def run() -> str | None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            return await ask(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("status", "says"),
    [(200, None), (204, None), (302, "answered 302"), (404, "answered 404"), (503, "answered 503")],
)
def test_http_is_ready_when_it_answers_2xx(status: int, says: str | None) -> None:
    said = with_server(status, lambda port: look(ProbeKind.HTTP, f"http://127.0.0.1:{port}/health"))

    assert (said or "").endswith(says or "")
    assert (said is None) is (says is None)


def test_tcp_is_ready_when_it_accepts() -> None:
    assert with_server(200, lambda port: look(ProbeKind.TCP, f"127.0.0.1:{port}")) is None


@pytest.mark.parametrize("kind", [ProbeKind.TCP, ProbeKind.HTTP])
def test_nobody_who_listens_is_said_in_words(kind: ProbeKind, unused_port: int) -> None:
    scheme = "http://" if kind is ProbeKind.HTTP else ""
    said = asyncio.run(_waited(look(kind, f"{scheme}127.0.0.1:{unused_port}")))

    assert said == f"{scheme}127.0.0.1:{unused_port}: connection refused"


@pytest.mark.parametrize(
    ("kind", "target", "says"),
    [
        (ProbeKind.TCP, "127.0.0.1:99999", "127.0.0.1:99999: "),
        (ProbeKind.HTTP, "http://127.0.0.1:99999/", "http://127.0.0.1:99999/ is not a URL"),
        (ProbeKind.HTTP, "http://[::1/", "http://[::1/ is not a URL"),
    ],
)
def test_a_target_that_can_be_none_is_said_and_no_mistake_of_ours(
    kind: ProbeKind, target: str, says: str
) -> None:
    assert (asyncio.run(_waited(look(kind, target))) or "").startswith(says)


def test_a_file_is_ready_when_it_is_there(tmp_path: Path) -> None:
    assert asyncio.run(_waited(look(ProbeKind.FILE, str(tmp_path)))) is None
    assert (
        asyncio.run(_waited(look(ProbeKind.FILE, str(tmp_path / "no")))) == f"{tmp_path / 'no'} is not there"
    )


def test_a_command_is_ready_when_it_ends_well() -> None:
    ends = [sys.executable, "-S", "-c"]

    assert asyncio.run(_waited(look(ProbeKind.EXEC, *ends, "pass"))) is None
    assert "ended with 3" in (asyncio.run(_waited(look(ProbeKind.EXEC, *ends, "raise SystemExit(3)"))) or "")
    assert "no such file" in (asyncio.run(_waited(look(ProbeKind.EXEC, "/nowhere/there"))) or "")


def test_a_look_that_hangs_ends_and_leaves_no_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.3)
    program = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    said = asyncio.run(_waited(look(ProbeKind.EXEC, sys.executable, "-S", "-c", program)))

    assert said is not None
    pid = (tmp_path / "pid").read_text() if (tmp_path / "pid").exists() else "0"
    assert pid == "0" or not Path(f"/proc/{pid}").exists()


async def _waited(looking: Awaitable[str | None]) -> str | None:
    return await looking


def test_a_look_takes_no_longer_than_what_is_left() -> None:
    async def in_time() -> str | None:
        return await look(ProbeKind.EXEC, "sleep", "60", left_s=0.05)

    problem = asyncio.run(in_time())

    assert problem == "sleep 60 did not answer within 0.05s"
