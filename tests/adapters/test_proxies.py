"""Proxies that are not there, refuse, break, or work."""

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.lab import HOST, LIMITS, OK, QUICK, SHORT, Behaviour, Server, Visit, closed_port, send
from yarl import URL

from runner.adapters.http.target import proxy_for, url_of
from runner.language.terms import Processed
from runner.model.bound import BoundTls
from runner.model.exchange import Exchange, Limits, Response, TransportFailure
from runner.model.secret import Secret

Run = Callable[[Any], Any]
USER = "user:p%40ss"
CREDENTIALS = base64.b64encode(b"user:p@ss")


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def answering(visit: Visit) -> None:
    while True:
        await visit.answer(OK)


async def tunnelling(visit: Visit) -> None:
    """Be a proxy that works."""
    target = (await visit.head()).split()[1].decode()
    host, _, port = target.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        await visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.wait(
            [
                asyncio.create_task(pump(visit.reader, writer)),
                asyncio.create_task(pump(reader, visit.writer)),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        writer.transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)


def saying(reply: bytes, *, then: str = "hang") -> Behaviour:
    async def behave(visit: Visit) -> None:
        await visit.head()
        if reply:
            await visit.send(reply)
        if then == "close":
            visit.close()
        elif then == "reset":
            visit.reset()
        else:
            await visit.hang()

    return behave


def assert_failed(result: Exchange, kind: str, says: str, status: int | None = None) -> TransportFailure:
    assert isinstance(result, TransportFailure), result
    assert (result.kind.value, result.processed, result.status) == (kind, Processed.NEVER, status), result
    assert says in result.message, result
    return result


@pytest.mark.parametrize("url", ["http://target.test/", "https://target.test/"])
def test_a_proxy_that_is_not_there_is_not_the_servers_failure(url: str, run: Run) -> None:
    port = closed_port()
    result = run(send(url, on={"proxy": Secret(f"http://{USER}@{HOST}:{port}")}))
    failure = assert_failed(result, "proxy-connect", f"the proxy {HOST}:{port}")
    assert "p%40ss" not in failure.message


def test_a_proxy_whose_name_is_unknown_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert_failed(
        run(send("http://target.test/", on={"proxy": "http://proxy.test:3128"})), "dns", "proxy.test"
    )


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("behave", "kind", "says", "status", "limits"),
    [
        (
            saying(b"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\n"),
            "proxy-rejected",
            "status 407",
            407,
            LIMITS,
        ),
        (
            saying(b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n"),
            "proxy-rejected",
            "status 502",
            502,
            LIMITS,
        ),
        (saying(b"HTTP/1.1 503 No\r\nRetry-After: 7\r\n\r\n"), "proxy-rejected", "status 503", 503, LIMITS),
        (saying(b"", then="close"), "proxy-disconnected", "the proxy 127.0.0.1", None, LIMITS),
        (saying(b"", then="reset"), "proxy-disconnected", "the proxy 127.0.0.1", None, LIMITS),
        (saying(b"SSH-2.0-OpenSSH\r\n"), "proxy-protocol", "the proxy 127.0.0.1", None, LIMITS),
        (saying(b""), "connect-timeout", "through the proxy", None, QUICK),
        (saying(b""), "total-timeout", "no connection to the proxy", None, SHORT),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n"), "connect-timeout", "through the proxy", None, QUICK),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n", then="close"), "tls-handshake", "handshake", None, LIMITS),
        (saying(b"HTTP/1.1 200 OK\r\n\r\n", then="reset"), "tls-handshake", "handshake", None, LIMITS),
    ],
    ids=[
        "407",
        "502",
        "503",
        "fin",
        "rst",
        "garbage",
        "hang",
        "hang long",
        "hang after",
        "fin after",
        "rst after",
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_asked_once_and_named(
    behave: Behaviour, kind: str, says: str, status: int | None, limits: Limits, method: str, run: Run
) -> None:
    async def case() -> None:
        async with Server(behave) as proxy:
            url = "https://target.test:8443/path?token=secret"
            result = await send(url, method, limits=limits, on={"proxy": f"http://{HOST}:{proxy.port}"})
            failure = assert_failed(result, kind, says, status)
            assert tuple(proxy.counts) == (1, 1, 0)
            assert b"secret" not in proxy.heads[0]
            if status == 503:
                assert failure.headers["retry-after"] == "7"

    run(case())


def test_what_a_proxy_answers_to_plain_http_is_an_answer(run: Run) -> None:
    async def case() -> None:
        async with Server(saying(b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\nVia: p\r\n\r\n")) as proxy:
            result = await send(
                "http://target.test/a%2Fb", "GET", on={"proxy": f"http://{USER}@{HOST}:{proxy.port}"}
            )
            assert isinstance(result, Response), result
            assert (result.status, result.headers["via"]) == (502, "p")
            assert proxy.heads[0].startswith(b"GET http://target.test/a%2Fb HTTP/1.1\r\n")
            assert b"Proxy-Authorization: Basic " + CREDENTIALS in proxy.heads[0]

    run(case())


@pytest.mark.parametrize("trusting", [True, False])
def test_a_tunnel_reaches_the_server_and_its_certificate_is_checked(
    trusting: bool, run: Run, tmp_path: Path
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST).configure_cert(context)

    async def case() -> None:
        async with Server(tunnelling) as proxy, Server(answering, context) as server:
            on = {
                "proxy": f"http://{USER}@{HOST}:{proxy.port}",
                "tls": BoundTls(ca_file=str(tmp_path / "ca.pem") if trusting else None),
            }
            result = await send(server.url, on=on)
            assert b"Proxy-Authorization: Basic " + CREDENTIALS in proxy.heads[0]
            if trusting:
                assert isinstance(result, Response), result
                assert tuple(server.counts) == (1, 1, 1)
                assert b"Proxy-Authorization" not in server.heads[0]
            else:
                assert_failed(result, "tls-verify", f"the certificate of {HOST}:{server.port} is not trusted")

    run(case())


def proxies_asked(run: Run, setting: str, url: str = "http://127.0.0.1:{server}/") -> tuple[int, int]:
    """Send one request and return how many requests proxy and server saw."""

    async def case() -> tuple[int, int]:
        async with Server(answering) as server, Server(answering) as proxy:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HTTP_PROXY", f"http://{HOST}:{proxy.port}")
                target = url.format(server=server.port)
                assert isinstance(await send(target, on={"proxy": setting}), Response)
            return proxy.counts.requests, server.counts.requests

    result: tuple[int, int] = run(case())
    return result


def test_the_environment_is_not_read_unless_asked_for(run: Run) -> None:
    assert proxies_asked(run, "none") == (0, 1)


def test_the_environments_proxy_is_used_when_asked_for(run: Run) -> None:
    assert proxies_asked(run, "env") == (1, 0)


def test_the_environments_exceptions_hold(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "other.test,127.0.0.1")
    assert proxies_asked(run, "env") == (0, 1)


def test_an_environment_without_proxies_means_none(run: Run) -> None:
    async def case() -> None:
        async with Server(answering) as server:
            assert isinstance(await send(server.url, on={"proxy": "env"}), Response)

    run(case())


@pytest.mark.parametrize("setting", ["socks5://127.0.0.1:1080", "nonsense", "http://", "http://h:99999"])
def test_a_proxy_that_cannot_be_one_is_refused(setting: str, run: Run) -> None:
    assert_failed(run(send("http://target.test/", on={"proxy": setting})), "invalid-url", "the proxy's URL")


@pytest.mark.parametrize(
    ("excluded", "url", "goes_direct"),
    [
        ("*", "http://a.test/", True),
        ("a.test", "http://a.test/", True),
        ("a.test", "http://sub.a.test/", True),
        ("a.test", "http://nota.test/", False),
        (".a.test", "http://sub.a.test/", True),
        (".a.test", "http://a.test/", True),
        ("*.a.test", "http://sub.a.test/", True),
        ("a.test.", "http://a.test/", True),
        ("a.test", "http://a.test./", True),
        ("A.Test", "http://a.TEST/", True),
        ("a.test:8080", "http://a.test:8080/", True),
        ("a.test:8080", "http://a.test/", False),
        ("a.test:80", "http://a.test/", True),
        ("b.test, a.test", "http://a.test/", True),
        ("b.test a.test", "http://a.test/", True),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.0.0.7/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://10.test/", False),
        ("10.1.2.3", "http://10.1.2.3:99/", True),
        ("10.1.2.3:98", "http://10.1.2.3:99/", False),
        ("::1", "http://[::1]:99/", True),
        ("[::1]", "http://[::1]:99/", True),
        ("[::1]:99", "http://[::1]:99/", True),
        ("[::1]:98", "http://[::1]:99/", False),
        ("0:0:0:0:0:0:0:1", "http://[::1]/", True),
        ("fd00::/8", "http://[fd12::3]/", True),
        ("[fd00::]/8", "http://[fd12::3]/", True),
        ("10.0.0.0/8", "http://[::ffff:10.1.2.3]/", True),
        ("", "http://a.test/", False),
        (" , .", "http://a.test/", False),
        ("10.0.0.0/99,[,]:x,a.test:,:80", "http://a.test/", False),
    ],
)
def test_what_the_environment_excludes_goes_direct(
    excluded: str, url: str, goes_direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", excluded)

    assert (proxy_for("env", url_of(url)) is None) is goes_direct


@pytest.mark.parametrize(
    ("names", "url", "proxy"),
    [
        ({"ALL_PROXY": "http://all.test:1"}, "http://a.test/", "http://all.test:1"),
        ({"ALL_PROXY": "http://all.test:1"}, "https://a.test/", "http://all.test:1"),
        (
            {"ALL_PROXY": "http://all.test:1", "HTTP_PROXY": "http://p.test:2"},
            "http://a.test/",
            "http://p.test:2",
        ),
        ({"ALL_PROXY": "http://all.test:1", "NO_PROXY": "a.test"}, "http://a.test/", None),
        ({"HTTPS_PROXY": "p.test:2"}, "https://a.test/", "http://p.test:2"),
        ({"HTTPS_PROXY": "p.test:2"}, "http://a.test/", None),
    ],
)
def test_the_environment_names_a_proxy_for_a_scheme_or_for_all(
    names: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in names.items():
        monkeypatch.setenv(name, value)

    assert proxy_for("env", url_of(url)) == (None if proxy is None else URL(proxy))
