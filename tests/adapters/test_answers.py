"""What servers say, well or badly, over a connection that could be made."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from support.lab import (
    LIMITS,
    OK,
    SHORT,
    Behaviour,
    Server,
    Visit,
    request,
    send,
    settle,
    transport,
    unheard,
)

from runner.language.terms import Processed, TransportKind
from runner.model.exchange import Limits, Response, TransportFailure

JSON = b'{"name":"value"}'


def reply(*parts: bytes, end: str = "hang") -> Behaviour:
    """Read a request, send the parts one by one, then hang, close or reset."""

    async def behave(visit: Visit) -> None:
        await visit.request()
        for part in parts:
            await visit.send(part)
        await _end(visit, end)

    return behave


def before_reading(end: str) -> Behaviour:
    async def behave(visit: Visit) -> None:
        await _end(visit, end)

    return behave


async def _end(visit: Visit, end: str) -> None:
    if end == "close":
        visit.close()
    elif end == "reset":
        visit.reset()
    else:
        await visit.hang()


async def endless_informational(visit: Visit) -> None:
    await visit.request()
    while True:
        await visit.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


async def trickle(visit: Visit) -> None:
    await visit.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await visit.send(b"x")


def ok(headers: bytes, body: bytes = b"", *, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n" + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A server's behaviour and what is said of it."""

    does: Behaviour
    kinds: str
    processed: Processed = Processed.MAYBE
    says: str = ""
    method: str = "POST"
    seen: tuple[int, int, int] = (1, 1, 1)
    limits: Limits = LIMITS
    status: int | None = None


STARTED = Processed.STARTED
CUT: dict[str, Any] = {"kinds": "disconnected-mid-body", "processed": STARTED, "status": 200}
LATE: dict[str, Any] = {"kinds": "read-timeout", "limits": SHORT}
LATE_BODY: dict[str, Any] = {
    "kinds": "read-timeout-body",
    "processed": STARTED,
    "status": 200,
    "limits": SHORT,
}
GARBAGE: dict[str, Any] = {"kinds": "protocol-error", "says": "not valid HTTP"}
INTERIM: dict[str, Any] = {"kinds": "protocol-error", "says": "more than 64 interim answers"}
LARGE_HEAD: dict[str, Any] = {"kinds": "protocol-error", "says": "headers are larger than 65536 bytes"}
BEFORE: dict[str, Any] = {"kinds": "disconnected-before-response", "says": "the connection before an answer"}
LENGTH_11 = b"Content-Length: 11\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
GZIP = gzip.compress(JSON * 50)


def gzipped(body: bytes, coding: bytes = b"gzip") -> bytes:
    return ok(b"Content-Encoding: %b\r\nContent-Length: %d\r\n" % (coding, len(body)), body)


FAULTS: dict[str, Fault] = {
    # connections that end before an answer
    "fin on accept": Fault(
        does=before_reading("close"), kinds="disconnected-before-response connect-reset", seen=(1, 0, 0)
    ),
    "rst on accept": Fault(
        does=before_reading("reset"), kinds="disconnected-before-response connect-reset", seen=(1, 0, 0)
    ),
    "read then fin": Fault(does=reply(end="close"), **BEFORE),
    "read then fin, GET": Fault(does=reply(end="close"), method="GET", seen=(1, 1, 0), **BEFORE),
    "read then fin, PUT": Fault(does=reply(end="close"), method="PUT", **BEFORE),
    "read then fin, DELETE": Fault(does=reply(end="close"), method="DELETE", seen=(1, 1, 0), **BEFORE),
    "read then rst": Fault(does=reply(end="reset"), **BEFORE),
    "read then rst, GET": Fault(does=reply(end="reset"), method="GET", seen=(1, 1, 0), **BEFORE),
    "read then rst, PUT": Fault(does=reply(end="reset"), method="PUT", **BEFORE),
    # servers that do not come to an answer
    "hang": Fault(does=reply(), says="no answer within 0.3 s", **LATE),
    "partial headers, hang": Fault(does=reply(b"HTTP/1.1 200 OK\r\nContent-"), **LATE),
    "endless 1xx": Fault(does=endless_informational, **INTERIM),
    "very many 1xx at once": Fault(does=reply(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000), **INTERIM),
    # answers that are not HTTP
    "garbage": Fault(does=reply(b"\x00\x01garbage\r\n\r\n"), **GARBAGE),
    "ssh banner": Fault(does=reply(b"SSH-2.0-OpenSSH_9.6\r\n"), **GARBAGE),
    "garbage without newline": Fault(does=reply(b"+OK dovecot ready"), **GARBAGE),
    "bad status code": Fault(does=reply(b"HTTP/1.1 xyz OK\r\n\r\n"), **GARBAGE),
    "http 0.9": Fault(does=reply(b"<html>hello</html>", end="close"), **GARBAGE),
    "http 2 preface": Fault(does=reply(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"), **GARBAGE),
    "length and chunks": Fault(does=reply(ok(LENGTH_11 + CHUNKED, b"0\r\n\r\n")), **GARBAGE),
    "bad length": Fault(does=reply(ok(b"Content-Length: eleven\r\n")), **GARBAGE),
    "two lengths": Fault(does=reply(ok(LENGTH_11 + b"Content-Length: 12\r\n", b"hello world")), **GARBAGE),
    "header too large": Fault(does=reply(ok(b"X: " + b"x" * 100_000 + b"\r\n")), **LARGE_HEAD),
    "headers too large together": Fault(does=reply(ok((b"X: " + b"x" * 1000 + b"\r\n") * 66)), **LARGE_HEAD),
    "headers too large, of an error": Fault(
        does=reply(ok(b"X: " + b"x" * 100_000 + b"\r\n", status=b"503 Busy")),
        processed=STARTED,
        status=503,
        **LARGE_HEAD,
    ),
    "bad chunk at once": Fault(does=reply(ok(CHUNKED, b"zz\r\nhello\r\n0\r\n\r\n")), **GARBAGE),
    # answers cut in their headers
    "partial status line, fin": Fault(
        does=reply(b"HTTP/1.1 20", end="close"), kinds="disconnected-mid-headers", processed=STARTED
    ),
    "partial headers, fin": Fault(
        does=reply(b"HTTP/1.1 200 OK\r\nContent-", end="close"),
        kinds="disconnected-mid-headers",
        processed=STARTED,
        says="in the middle of the answer's headers",
    ),
    "partial headers, rst": Fault(does=reply(b"HTTP/1.1 200 OK\r\nContent-", end="reset"), **BEFORE),
    # answers cut in their bodies
    "short body, fin": Fault(does=reply(ok(LENGTH_11, b"hello"), end="close"), **CUT),
    "short body, rst": Fault(does=reply(ok(LENGTH_11, b"hello"), end="reset"), **CUT),
    "short body, hang": Fault(
        does=reply(ok(LENGTH_11, b"hello")),
        says="began and was not complete within 0.3 s",
        **LATE_BODY,
    ),
    "trickle": Fault(does=trickle, **LATE_BODY),
    "headers, then rst at once": Fault(does=reply(ok(LENGTH_11), end="reset"), **CUT),
    "chunks cut, fin": Fault(does=reply(ok(CHUNKED, b"5\r\nhello\r\n"), end="close"), **CUT),
    "chunks cut, rst": Fault(does=reply(ok(CHUNKED, b"5\r\nhello\r\n"), end="reset"), **CUT),
    "bad chunk later, hang": Fault(
        does=reply(ok(CHUNKED, b"5\r\nhello\r\n"), b"zz\r\nhello\r\n"), **LATE_BODY
    ),
    "bad chunk later, fin": Fault(
        does=reply(ok(CHUNKED, b"5\r\nhello\r\n"), b"zz\r\nhello\r\n", end="close"),
        **LATE_BODY,
    ),
    "unframed text, fin": Fault(
        does=reply(ok(b"", b"hello"), end="close"),
        kinds="response-invalid",
        processed=STARTED,
        status=200,
        says="states no length",
    ),
    "unframed text, rst": Fault(does=reply(ok(b"", b"hello"), end="reset"), **CUT),
    "coded but unframed": Fault(
        does=reply(ok(b"Transfer-Encoding: identity\r\n", b"hello"), end="close"),
        kinds="response-invalid protocol-error",
        processed=STARTED,
        status=200,
    ),
    "unframed nothing, rst": Fault(does=reply(ok(b""), end="reset"), **CUT),
    "unframed json, cut": Fault(
        does=reply(ok(b"", JSON[:-2]), end="close"), kinds="response-invalid", processed=STARTED, status=200
    ),
    "unframed number": Fault(
        does=reply(ok(b"", b"12"), end="close"), kinds="response-invalid", processed=STARTED, status=200
    ),
    # codings that nobody asked for
    "bad gzip": Fault(
        does=reply(gzipped(b"not gzip at all")), kinds="body-undecodable", processed=STARTED, status=200
    ),
    "cut gzip": Fault(
        does=reply(gzipped(GZIP[:-10])),
        kinds="body-undecodable",
        processed=STARTED,
        status=200,
        says="does not end",
    ),
    "more after gzip": Fault(
        does=reply(gzipped(GZIP + b"more")), kinds="body-undecodable", processed=STARTED, status=200
    ),
    "gzip bomb": Fault(
        does=reply(gzipped(gzip.compress(bytes(64 * 1024 * 1024), 9))),
        kinds="payload-too-large",
        processed=STARTED,
        status=200,
        says="larger than 1048576 bytes",
    ),
    "brotli": Fault(
        does=reply(gzipped(b"\x0b\x02\x80hello\x03", b"br")),
        kinds="body-undecodable",
        processed=STARTED,
        status=200,
        says="encoded as br",
    ),
    "a coding that may hold anything": Fault(
        does=reply(gzipped(b"hello", b"t0p-s3cret-and-more")),
        kinds="body-undecodable",
        processed=STARTED,
        status=200,
        says="the answer is encoded, which was not asked for",
    ),
    # too much
    "announced too large": Fault(
        does=reply(ok(b"Content-Length: 9999999\r\n")),
        kinds="payload-too-large",
        processed=STARTED,
        status=200,
    ),
    "chunks too large": Fault(
        does=reply(ok(CHUNKED, b"100001\r\n" + bytes(0x100001) + b"\r\n")),
        kinds="payload-too-large",
        processed=STARTED,
        status=200,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_kind_and_reaches_the_server_as_often_as_sent(
    name: str, run: Callable[[Any], Any]
) -> None:
    fault = FAULTS[name]

    async def case() -> None:
        async with Server(fault.does) as server:
            result = await send(server.url, fault.method, limits=fault.limits)
            assert isinstance(result, TransportFailure), result
            assert result.kind in fault.kinds.split(), result
            expected = Processed.NEVER if result.kind is TransportKind.CONNECT_RESET else fault.processed
            assert result.processed is expected, result
            assert fault.says in result.message
            assert result.status == fault.status
            assert tuple(server.counts) == fault.seen

    run(case())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A server's behaviour that is an answer all the same."""

    does: Behaviour
    status: int = 200
    body: bytes = b""
    method: str = "POST"


ANSWERS: dict[str, Answer] = {
    "length": Answer(does=reply(OK), body=b"hello world"),
    "chunks": Answer(does=reply(ok(CHUNKED, b"5\r\nhello\r\n0\r\n\r\n")), body=b"hello"),
    "no content": Answer(does=reply(ok(b"", status=b"204 No Content")), status=204),
    "no content, with a chunk's end": Answer(
        does=reply(ok(CHUNKED, b"0\r\n\r\n", status=b"204 No Content")), status=204
    ),
    "no content, with a body": Answer(
        does=reply(ok(LENGTH_11, b"hello world", status=b"204 No Content")), status=204
    ),
    "no content, with a body later": Answer(
        does=reply(ok(LENGTH_11, status=b"204 No Content"), b"hello world"), status=204
    ),
    "not modified, with a body": Answer(
        does=reply(ok(LENGTH_11, b"hello world", status=b"304 Not Modified")), status=304
    ),
    "HEAD with a body": Answer(does=reply(ok(LENGTH_11, b"hello world")), method="HEAD"),
    "early hints and no content, with a body": Answer(
        does=reply(
            b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(LENGTH_11, b"hello world", status=b"204 No Content")
        ),
        status=204,
    ),
    "a long header": Answer(does=reply(ok(b"X: " + b"x" * 60_000 + b"\r\nContent-Length: 0\r\n"))),
    "a long header of an error": Answer(
        does=reply(ok(b"X: " + b"x" * 9000 + b"\r\nContent-Length: 0\r\n", status=b"503 Busy")), status=503
    ),
    "lines that end in a line feed alone": Answer(
        does=reply(b"HTTP/1.1 200 OK\nContent-Length: 100000\n\n", b"x" * 100_000), body=b"x" * 100_000
    ),
    "HEAD with a length": Answer(does=reply(ok(b"Content-Length: 99999999\r\n")), method="HEAD"),
    "HEAD in gzip": Answer(does=reply(ok(b"Content-Encoding: gzip\r\nContent-Length: 9\r\n")), method="HEAD"),
    "status 999": Answer(does=reply(ok(b"Content-Length: 0\r\n", status=b"999 Odd")), status=999),
    "unasked 101": Answer(
        does=reply(ok(b"Upgrade: x\r\nConnection: upgrade\r\n", status=b"101 Switching Protocols")),
        status=101,
    ),
    "conflict": Answer(
        does=reply(ok(LENGTH_11, b"hello world", status=b"409 Conflict")), status=409, body=b"hello world"
    ),
    "redirect": Answer(
        does=reply(ok(b"Location: /path\r\nContent-Length: 0\r\n", status=b"302 Found")), status=302
    ),
    "permanent redirect": Answer(
        does=reply(ok(b"Location: ftp://x/\r\nContent-Length: 0\r\n", status=b"308 Permanent Redirect")),
        status=308,
    ),
    "redirect to nowhere": Answer(does=reply(ok(b"Content-Length: 0\r\n", status=b"302 Found")), status=302),
    "redirect to no url": Answer(
        does=reply(ok(b"Location: http://[::1\r\nContent-Length: 0\r\n", status=b"302 Found")), status=302
    ),
    "not json": Answer(
        does=reply(ok(b"Content-Type: application/json\r\nContent-Length: 1\r\n", b"{")), body=b"{"
    ),
    "not utf-8": Answer(does=reply(ok(b"Content-Length: 2\r\n", b"\xff\xfe")), body=b"\xff\xfe"),
    "gzip, unasked": Answer(does=reply(gzipped(GZIP)), body=JSON * 50),
    "deflate, unasked": Answer(does=reply(gzipped(zlib.compress(JSON), b"deflate")), body=JSON),
    "bare deflate, unasked": Answer(does=reply(gzipped(zlib.compress(JSON)[2:-4], b"deflate")), body=JSON),
    "identity": Answer(does=reply(gzipped(JSON, b"identity")), body=JSON),
    "unframed json": Answer(does=reply(ok(b"", JSON), end="close"), body=JSON),
    "unframed json, http 1.0": Answer(does=reply(b"HTTP/1.0 200 OK\r\n\r\n" + JSON, end="close"), body=JSON),
    "unframed nothing": Answer(does=reply(ok(b""), end="close")),
    "unframed error": Answer(
        does=reply(ok(b"", b"oops", status=b"500 Oops"), end="close"), status=500, body=b"oops"
    ),
    "some early hints": Answer(does=reply(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 64, OK), body=b"hello world"),
    "early hints": Answer(does=reply(b"HTTP/1.1 103 Early Hints\r\n\r\n", OK), body=b"hello world"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_is_an_answer_whatever_its_status_and_is_fetched_once(
    name: str, run: Callable[[Any], Any]
) -> None:
    expected = ANSWERS[name]

    async def case() -> None:
        async with Server(expected.does) as server:
            result = await send(server.url, expected.method)
            assert isinstance(result, Response), result
            assert (result.status, result.body) == (expected.status, expected.body)
            assert server.counts.requests == 1

    run(case())


def test_headers_come_in_lower_case_joined_and_printable(run: Callable[[Any], Any]) -> None:
    head = b"X-Id: one\r\nx-iD: two\r\nOdd: \xff\r\nRetry-After: 3\r\nContent-Length: 0\r\n"

    async def case() -> None:
        async with Server(reply(ok(head, status=b"503 Later"))) as server:
            result = await send(server.url)
            assert isinstance(result, Response)
            assert result.headers["x-id"] == "one, two"
            assert result.headers["odd"] == "\N{REPLACEMENT CHARACTER}"
            assert result.headers["retry-after"] == "3"

    run(case())


def test_a_cut_answer_keeps_the_headers_that_had_arrived(run: Callable[[Any], Any]) -> None:
    async def case() -> None:
        async with Server(reply(ok(LENGTH_11 + b"X-Request-Id: 7\r\n", b"he"), end="close")) as server:
            result = await send(server.url)
            assert isinstance(result, TransportFailure)
            assert (result.status, result.headers["x-request-id"]) == (200, "7")

    run(case())


@pytest.mark.parametrize(
    "headers",
    [b"".join(b"X-%d: 1\r\n" % number for number in range(500)), b"X: a\x00b\r\n"],
    ids=["500", "nul"],
)
def test_odd_headers_are_refused_or_read_but_never_hang(headers: bytes, run: Callable[[Any], Any]) -> None:
    async def case() -> None:
        async with Server(reply(ok(headers + LENGTH_11, b"hello world"))) as server:
            result = await send(server.url)
            # aiohttp minds them from 3.14 on.
            assert isinstance(result, Response) or result.kind is TransportKind.PROTOCOL_ERROR

    run(case())


def test_bytes_after_an_answer_are_never_taken_for_the_next_one(run: Callable[[Any], Any]) -> None:
    async def case() -> None:
        smuggled = OK.replace(b"hello world", b"second body")
        async with Server(reply(OK + smuggled)) as server, transport() as made:
            first = await made.send(request(server.url, "GET"), LIMITS, unheard)
            await settle()
            second = await made.send(request(server.url, "GET"), LIMITS, unheard)
            assert isinstance(first, Response)
            assert isinstance(second, Response)
            assert first.body == second.body == b"hello world"
            assert tuple(server.counts) == (2, 2, 0)

    run(case())
