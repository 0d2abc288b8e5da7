"""Connections that are not made: names, addresses, ports, sockets, descriptors. The server is never blamed for ours."""

import asyncio
import os
import resource
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.lab import (
    HOST,
    LIMITS,
    OK,
    QUICK,
    SHORT,
    Server,
    Visit,
    closed_port,
    full_backlog,
    request,
    send,
    settle,
    transport,
    unheard,
    until,
)

from runner.language.terms import Processed, TransportKind
from runner.model.exchange import Exchange, Limits, Request, Response, TransportFailure

Run = Callable[[Any], Any]


def assert_never(result: Exchange, kind: str, says: str = "") -> None:
    assert isinstance(result, TransportFailure), result
    assert (result.kind.value, result.processed) == (kind, Processed.NEVER), result
    assert says in result.message, result


async def answering(visit: Visit) -> None:
    while True:
        await visit.answer(OK)


def resolving(
    monkeypatch: pytest.MonkeyPatch, *addresses: str, takes_s: float = 0, error: Exception | None = None
) -> list[str]:
    """Let every name have these addresses, or fail; returns the names that were looked up to the end."""
    ended: list[str] = []

    def look_up(host: str, port: int, *_: object) -> list[Any]:
        time.sleep(takes_s)
        ended.append(host)
        if error is not None:
            raise error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return ended


def test_a_closed_port_refuses(run: Run) -> None:
    port = closed_port()
    assert_never(
        run(send(f"http://{HOST}:{port}/")), "connect-refused", f"connection refused by {HOST}:{port}"
    )


def test_a_closed_port_refuses_on_every_address_of_localhost(run: Run) -> None:
    assert_never(run(send(f"http://localhost:{closed_port()}/")), "connect-refused", "refused by localhost:")


def test_two_addresses_that_refuse_are_one_refusal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1", "127.0.0.2")
    assert_never(run(send(f"http://two.test:{closed_port()}/")), "connect-refused")


def test_the_second_address_serves_when_the_first_refuses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.2", "127.0.0.1")

    async def case() -> None:
        async with Server(answering) as server:
            result = await send(f"http://two.test:{server.port}/")
            assert isinstance(result, Response)
            assert tuple(server.counts) == (1, 1, 1)

    run(case())


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (socket.EAI_NONAME, "dns"),
        (socket.EAI_FAIL, "dns"),
        (socket.EAI_AGAIN, "dns-temporary"),
        (socket.EAI_SYSTEM, "local-resource"),
    ],
)
def test_an_unknown_name_a_silent_name_server_and_our_own_trouble_are_different_things(
    number: int, kind: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, error=socket.gaierror(number, "the resolver's words"))
    assert_never(run(send("http://name.test/")), kind, "name.test")


def test_a_lack_of_threads_is_our_own_trouble(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert_never(run(send("http://name.test/")), "local-resource", "no thread")


def test_a_name_without_addresses_is_an_unknown_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch)
    assert_never(run(send("http://name.test/")), "dns", "no address")


def test_a_name_that_failed_is_looked_up_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            resolving(monkeypatch, error=socket.gaierror(socket.EAI_AGAIN, "not now"))
            assert_never(
                await made.send(request(f"http://n.test:{server.port}/"), LIMITS, unheard), "dns-temporary"
            )
            resolving(monkeypatch, "127.0.0.1")
            assert isinstance(
                await made.send(request(f"http://n.test:{server.port}/"), LIMITS, unheard), Response
            )

    run(case())


def test_a_server_that_moved_to_another_address_is_found_at_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            resolving(monkeypatch, "127.0.0.2")
            assert_never(
                await made.send(request(f"http://n.test:{server.port}/"), LIMITS, unheard), "connect-refused"
            )
            resolving(monkeypatch, "127.0.0.1")
            assert isinstance(
                await made.send(request(f"http://n.test:{server.port}/"), LIMITS, unheard), Response
            )

    run(case())


def test_a_slow_look_up_counts_as_connecting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, HOST, takes_s=0.8)
    assert_never(run(send("http://slow.test/", limits=QUICK)), "connect-timeout", "slow.test:80 within 0.3 s")


def test_a_slow_look_up_meets_the_attempts_own_limit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, HOST, takes_s=0.8)
    assert_never(
        run(send("http://slow.test/", limits=SHORT)),
        "total-timeout",
        "no connection to slow.test:80 within 0.3 s",
    )


def test_a_look_up_that_takes_too_long_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, HOST, takes_s=0.8)
    assert_never(
        run(send("http://slow.test/", limits=QUICK)),
        "connect-timeout",
        "DNS does not answer, the name slow.test",
    )


def test_a_look_up_under_way_serves_the_next_attempt(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, *_: object) -> list[Any]:
        asked.append(host)
        time.sleep(0.5)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            again = request(f"http://slow.test:{server.port}/", fresh_connection=True)
            first = await made.send(request(f"http://slow.test:{server.port}/"), QUICK, unheard)
            assert_never(first, "connect-timeout")
            assert isinstance(await made.send(again, LIMITS, unheard), Response)
            assert asked == ["slow.test"]

    run(case())


def test_a_look_up_that_ends_between_two_attempts_serves_the_second(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = resolving(monkeypatch, HOST, takes_s=0.4)

    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            this = request(f"http://slow.test:{server.port}/")
            assert_never(await made.send(this, QUICK, unheard), "connect-timeout")
            await until(lambda: ended)
            assert isinstance(await made.send(this, LIMITS, unheard), Response)
            assert ended == ["slow.test"]

    run(case())


def test_a_look_up_that_fails_is_begun_anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            this = request(f"http://late.test:{server.port}/")
            resolving(monkeypatch, error=socket.gaierror(socket.EAI_AGAIN, "not now"))
            assert_never(await made.send(this, LIMITS, unheard), "dns-temporary")
            resolving(monkeypatch, HOST)
            assert isinstance(await made.send(this, LIMITS, unheard), Response)

    run(case())


def test_a_hanging_look_up_does_not_hold_up_the_end_of_the_program(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, HOST, takes_s=8)
    begun = time.monotonic()
    run(send("http://slow.test/", limits=QUICK))
    assert time.monotonic() - begun < 6


def test_a_connection_that_is_never_accepted_ends_after_the_connect_limit(run: Run) -> None:
    with full_backlog() as port:
        assert_never(run(send(f"http://{HOST}:{port}/", limits=QUICK)), "connect-timeout", "within 0.3 s")


def test_a_connection_that_is_never_accepted_meets_the_attempts_own_limit(run: Run) -> None:
    with full_backlog() as port:
        assert_never(run(send(f"http://{HOST}:{port}/", limits=SHORT)), "total-timeout", "no connection")


def test_all_addresses_together_have_one_connect_limit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1", "127.0.0.2")
    with full_backlog("127.0.0.1") as port, full_backlog("127.0.0.2", port):
        begun = time.monotonic()
        assert_never(run(send(f"http://two.test:{port}/", limits=QUICK)), "connect-timeout")
        assert time.monotonic() - begun < 0.55


def test_an_answer_may_take_longer_than_the_connect_limit(run: Run) -> None:
    async def slow(visit: Visit) -> None:
        await visit.request()
        await asyncio.sleep(0.3)
        await visit.send(OK)

    async def case() -> None:
        async with Server(slow) as server:
            result = await send(server.url, limits=Limits(attempt_s=5, connect_s=0.2))
            assert isinstance(result, Response)

    run(case())


def _lowest_free_descriptor() -> int:
    free = os.dup(0)
    os.close(free)
    return free


def test_a_lack_of_descriptors_is_our_own_trouble(run: Run) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def case() -> Exchange:
        async with transport() as made:
            resource.setrlimit(resource.RLIMIT_NOFILE, (_lowest_free_descriptor(), hard))
            try:
                return await made.send(request(f"http://{HOST}:1/"), LIMITS, unheard)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert_never(run(case()), "local-resource", "too many open files")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http:///path", "no host"),
        ("ftp://host.test/", "neither http:// nor https://"),
        ("/relative", "neither"),
        ("http://host.test:99999/", "cannot be read"),
        ("http://[::1/", "cannot be read"),
        ("http://" + "a" * 64 + ".test/", "not valid"),
        ("http://host name/", "no name has"),
        ("http://host.test/a b", "percent-encoded"),
        ("http://host.test/a\r\nX: y", "percent-encoded"),
        ("http://host.test/\u00fc", "percent-encoded"),
    ],
)
def test_a_url_that_cannot_be_sent_is_refused_without_a_connection(url: str, says: str, run: Run) -> None:
    assert_never(run(send(url)), "invalid-url", says)


def test_an_international_host_name_is_looked_up_as_dns_knows_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, error=socket.gaierror(socket.EAI_NONAME, "unknown"))
    assert_never(run(send("http://b\u00fccher.test/a%2Fb")), "dns", "xn--bcher-kva.test")


def test_a_missing_socket_is_a_server_that_is_not_there_yet(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "missing.sock"
    result = run(send("http://localhost/", on={"socket": str(path)}))
    assert_never(result, "connect-refused", f"the socket {path} does not exist")


def test_a_socket_left_behind_refuses(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert_never(
        run(send("http://localhost/", on={"socket": str(path)})), "connect-refused", "nobody listens"
    )


def test_a_path_too_long_for_a_socket_is_said_to_be_so(run: Run, tmp_path: Path) -> None:
    result = run(send("http://localhost/", on={"socket": str(tmp_path / ("x" * 200))}))
    assert_never(result, "request-invalid", "too long for a socket")


def test_requests_over_a_unix_socket_are_served_and_see_no_proxy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{HOST}:1")
    path = str(tmp_path / "s.sock")

    async def case() -> None:
        async with Server(answering, socket_path=path) as server:
            result = await send("http://docker/containers", on={"socket": path, "proxy": "env"})
            assert isinstance(result, Response)
            assert server.heads[0].startswith(b"POST /containers HTTP/1.1\r\nHost: docker\r\n")
            assert tuple(server.counts) == (1, 1, 1)

    run(case())


def test_tls_over_a_unix_socket_is_refused_rather_than_sent_in_the_clear(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "s.sock")

    async def case() -> None:
        async with Server(answering, socket_path=path) as server:
            assert_never(await send("https://docker/", on={"socket": path}), "invalid-url", "unix socket")
            assert tuple(server.counts) == (0, 0, 0)

    run(case())


def test_a_closed_transport_and_an_unknown_endpoint_are_defects_not_crashes(run: Run) -> None:
    async def case() -> None:
        async with transport() as made:
            unknown = Request(endpoint="other", step="s", method="GET", url="http://h.test/")
            assert_never(await made.send(unknown, LIMITS, unheard), TransportKind.INTERNAL)
        assert_never(await made.send(request("http://h.test/"), LIMITS, unheard), TransportKind.INTERNAL)
        await settle()

    run(case())
