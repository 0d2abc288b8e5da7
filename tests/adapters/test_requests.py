"""What goes over the wire: exactly what was asked for, exactly once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.lab import LIMITS, OK, SHORT, Server, Visit, request, send, settle, transport, unheard, until

from runner import ports
from runner.adapters.http import connectors
from runner.adapters.http.transport import AiohttpTransport
from runner.language.terms import Processed, TransportKind
from runner.model.exchange import Limits, Response, TransportFailure
from runner.model.secret import Secret

Run = Callable[[Any], Any]


async def answering(visit: Visit) -> None:
    while True:
        await visit.answer(OK)


async def answering_once(visit: Visit) -> None:
    await visit.answer(OK)
    visit.close()


async def dropping_the_second(visit: Visit) -> None:
    await visit.answer(OK)
    await visit.request()
    visit.close()


def test_it_is_what_the_engine_asks_for() -> None:
    made: ports.Transport = AiohttpTransport({})
    assert made is not None


def head_of(run: Run, method: str = "GET", path: str = "", **changes: Any) -> list[str]:
    """Return the lines of the request's head as the server saw it."""

    async def case() -> list[str]:
        async with Server(answering) as server:
            assert isinstance(await send(server.url + path, method, **changes), Response)
            return server.heads[0].decode().rstrip("\r\n").split("\r\n")

    lines: list[str] = run(case())
    return lines


def test_encoded_slashes_dots_and_pluses_arrive_as_they_were_written(run: Run) -> None:
    lines = head_of(run, path="/a%2Fb/%2e%2E/../c%20d?q=1%2B1+2&e=&%C3%BC=%25")
    assert lines[0] == "GET /path/a%2Fb/%2e%2E/../c%20d?q=1%2B1+2&e=&%C3%BC=%25 HTTP/1.1"


def test_the_defaults_are_our_name_and_no_compression(run: Run) -> None:
    lines = head_of(run)
    assert "Accept-Encoding: identity" in lines
    assert any(line.startswith("User-Agent: enlist/") for line in lines)
    assert not any(line.lower().startswith(("content-type", "cookie", "authorization")) for line in lines)


def test_headers_of_the_request_replace_the_defaults_and_repeat_as_given(run: Run) -> None:
    headers = (
        ("accept-encoding", "gzip"),
        ("user-agent", "me"),
        ("X-A", "1"),
        ("X-A", Secret("two")),
        ("Content-Type", "text/plain"),
    )
    lines = head_of(run, headers=headers)
    names = [line.partition(":")[0].lower() for line in lines[1:]]
    assert (names.count("accept-encoding"), names.count("user-agent"), names.count("content-type")) == (
        1,
        1,
        1,
    )
    assert {"X-A: 1", "X-A: two", "accept-encoding: gzip", "user-agent: me"} <= set(lines)


def test_a_secret_url_is_sent_in_the_clear(run: Run) -> None:
    async def case() -> None:
        async with Server(answering) as server:
            assert isinstance(await send(Secret(server.url + "?token=abcdef", "http://***")), Response)
            assert b"?token=abcdef" in server.heads[0]

    run(case())


@pytest.mark.parametrize(
    "header",
    [
        ("Content-Length", "99"),
        ("transfer-encoding", "chunked"),
        ("X", "a\r\nY: b"),
        ("X", "a\nb"),
        ("X", "a\0b"),
        ("X\r\nY", "a"),
        ("X Y", "a"),
        ("", "a"),
    ],
)
def test_a_header_that_would_break_out_is_refused_before_connecting(
    header: tuple[str, str], run: Run
) -> None:
    async def case() -> None:
        async with Server(answering) as server:
            result = await send(server.url, headers=(header,))
            assert isinstance(result, TransportFailure)
            assert (result.kind, result.processed) == (TransportKind.REQUEST_INVALID, Processed.NEVER)
            assert tuple(server.counts) == (0, 0, 0)

    run(case())


def test_a_method_with_blanks_is_refused_before_connecting(run: Run) -> None:
    result = run(send("http://127.0.0.1:1/", "GET / HTTP/1.1\r\nX:"))
    assert isinstance(result, TransportFailure)
    assert result.kind is TransportKind.REQUEST_INVALID


def test_cookies_are_not_kept(run: Run) -> None:
    async def setting(visit: Visit) -> None:
        while True:
            await visit.answer(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    async def case() -> None:
        async with Server(setting) as server, transport() as made:
            # A jar would not keep cookies of a mere address.
            url = server.url.replace("127.0.0.1", "localhost")
            for _ in range(2):
                await made.send(request(url), LIMITS, unheard)
            assert b"cookie" not in server.heads[1].lower()

    run(case())


def test_one_connection_serves_requests_that_follow_each_other(run: Run) -> None:
    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            for _ in range(3):
                assert isinstance(await made.send(request(server.url), LIMITS, unheard), Response)
            assert tuple(server.counts) == (1, 3, 3)

    run(case())


def test_a_fresh_connection_is_new_and_serves_one_request(run: Run) -> None:
    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            await made.send(request(server.url), LIMITS, unheard)
            for _ in range(2):
                await made.send(request(server.url, fresh_connection=True), LIMITS, unheard)
            await made.send(request(server.url), LIMITS, unheard)
            assert tuple(server.counts) == (3, 4, 4)
            assert b"Connection: close" in server.heads[1]

    run(case())


def test_a_connection_that_was_idle_for_a_while_is_not_used_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connectors, "KEPT_IDLE_S", 0.05)

    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            await made.send(request(server.url), LIMITS, unheard)
            await asyncio.sleep(0.1)
            await made.send(request(server.url), LIMITS, unheard)
            assert tuple(server.counts) == (2, 2, 2)

    run(case())


def test_a_connection_closed_while_idle_is_replaced(run: Run) -> None:
    async def case() -> None:
        async with Server(answering_once) as server, transport() as made:
            await made.send(request(server.url), LIMITS, unheard)
            await until(lambda: not server.visits)
            await settle()
            assert isinstance(await made.send(request(server.url), LIMITS, unheard), Response)
            assert tuple(server.counts) == (2, 2, 2)

    run(case())


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE"])
def test_a_kept_connection_that_drops_is_reported_and_nothing_is_sent_twice(method: str, run: Run) -> None:
    async def case() -> None:
        async with Server(dropping_the_second) as server, transport() as made:
            assert isinstance(await made.send(request(server.url, method), LIMITS, unheard), Response)
            result = await made.send(request(server.url, method), LIMITS, unheard)
            assert isinstance(result, TransportFailure)
            assert result.kind is TransportKind.DISCONNECTED_BEFORE_RESPONSE
            assert result.processed is Processed.MAYBE
            assert (server.counts.connections, server.counts.requests) == (1, 2)

    run(case())


@pytest.mark.parametrize(
    "unasked", [b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", OK, b"garbage\r\n"]
)
def test_what_came_while_idle_does_not_answer_the_next_request(unasked: bytes, run: Run) -> None:
    sent: list[bytes] = []

    async def impatient(visit: Visit) -> None:
        await visit.answer(OK.replace(b"hello world", b"asked for! "))
        await visit.send(unasked)
        sent.append(unasked)
        await visit.answer(OK)

    async def case() -> None:
        async with Server(impatient) as server, transport() as made:
            await made.send(request(server.url), LIMITS, unheard)
            await until(lambda: sent)
            result = await made.send(request(server.url), LIMITS, unheard)
            assert isinstance(result, Response)
            assert (result.status, result.body) == (200, b"asked for! ")
            assert tuple(server.counts) == (2, 2, 2)

    run(case())


def test_a_failed_exchange_holds_no_connection(run: Run) -> None:
    ended: list[Visit] = []

    async def large_error(visit: Visit) -> None:
        await visit.answer(b"HTTP/1.1 503 Later\r\nContent-Length: 5000000\r\n\r\n" + bytes(100_000))
        await visit.reader.read()
        ended.append(visit)

    async def case() -> None:
        async with Server(large_error) as server, transport() as made:
            for number in range(1, 10):
                result = await made.send(request(server.url), LIMITS, unheard)
                assert isinstance(result, TransportFailure)
                assert (result.kind, result.status) == (TransportKind.PAYLOAD_TOO_LARGE, 503)
                await until(lambda: len(ended) == server.counts.connections)
                assert server.counts.connections == number

    run(case())


def test_many_requests_at_once_have_a_connection_each(run: Run) -> None:
    async def case() -> None:
        async with Server(answering) as server, transport() as made:
            sent = [made.send(request(server.url), LIMITS, unheard) for _ in range(120)]
            results = await asyncio.gather(*sent)
            assert all(isinstance(result, Response) for result in results)
            assert server.counts.requests == server.counts.bodies == 120

    run(case())


def test_a_large_body_arrives_whole(run: Run) -> None:
    async def checking(visit: Visit) -> None:
        assert await visit.request() == b"x" * 3_000_000
        await visit.send(OK)

    async def case() -> None:
        async with Server(checking) as server:
            assert isinstance(await send(server.url, body=b"x" * 3_000_000), Response)
            assert tuple(server.counts) == (1, 1, 1)

    run(case())


@pytest.mark.parametrize("then", ["close", "close at once", "hang"])
def test_an_answer_that_comes_before_the_body_was_sent_is_an_answer(then: str, run: Run) -> None:
    """The reset that follows unread bytes breaks the upload, and does not take back what has arrived."""

    async def refusing(visit: Visit) -> None:
        await visit.head()
        answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        if then == "close at once":
            visit.writer.write(answer)
        else:
            await visit.send(answer)
        if then == "hang":
            await visit.hang()

    async def case() -> None:
        async with Server(refusing) as server:
            result = await send(server.url, body=bytes(20_000_000), limits=Limits(2.0, 2.0))
            assert isinstance(result, Response), result
            assert result.status == 413
            assert tuple(server.counts) == (1, 1, 0)

    run(case())


def test_a_reset_during_an_upload_may_have_been_processed(run: Run) -> None:
    async def resetting(visit: Visit) -> None:
        await visit.head()
        visit.reset()

    async def case() -> None:
        async with Server(resetting) as server:
            result = await send(server.url, body=bytes(20_000_000))
            assert isinstance(result, TransportFailure)
            assert result.kind is TransportKind.DISCONNECTED_BEFORE_RESPONSE
            assert result.processed is Processed.MAYBE
            assert tuple(server.counts) == (1, 1, 0)

    run(case())


def test_an_upload_that_stalls_ends_with_the_attempt(run: Run) -> None:
    async def stalling(visit: Visit) -> None:
        await visit.head()
        await visit.hang()

    async def case() -> None:
        async with Server(stalling) as server:
            result = await send(server.url, body=bytes(20_000_000), limits=SHORT)
            assert isinstance(result, TransportFailure)
            assert (result.kind, result.processed) == (TransportKind.TOTAL_TIMEOUT, Processed.MAYBE)
            assert server.counts.bodies == 0

    run(case())


def test_a_server_that_ignores_expect_continue_ends_with_the_attempt(run: Run) -> None:
    async def ignoring(visit: Visit) -> None:
        await visit.head()
        await visit.hang()

    async def case() -> None:
        async with Server(ignoring) as server:
            result = await send(server.url, headers=(("Expect", "100-continue"),), limits=SHORT)
            assert isinstance(result, TransportFailure)
            assert (result.kind, result.processed) == (TransportKind.TOTAL_TIMEOUT, Processed.MAYBE)

    run(case())


def test_a_server_that_refuses_expect_continue_gives_an_answer(run: Run) -> None:
    async def refusing(visit: Visit) -> None:
        await visit.head()
        await visit.send(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
        await visit.hang()

    async def case() -> None:
        async with Server(refusing) as server:
            result = await send(server.url, headers=(("Expect", "100-continue"),))
            assert isinstance(result, Response)
            assert (result.status, tuple(server.counts)) == (417, (1, 1, 0))

    run(case())


def test_a_message_never_repeats_the_url_its_query_or_its_user(run: Run) -> None:
    urls = [
        "http://user:hunter22@127.0.0.1:1/?token=hunter22",
        "http://user:hunter22@bad host/hunter22",
        "hunter22",
    ]
    for url in urls:
        result = run(send(url))
        assert isinstance(result, TransportFailure)
        assert "hunter22" not in result.message
