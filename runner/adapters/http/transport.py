"""The transport port on aiohttp: one request out, one answer or one failure back.

Everything aiohttp would do of its own accord is switched off here, because the engine counts requests and
decides: no redirects, no resending, no cookies, no raising by status, no environment, no decompression, no
clocks, no cached names (so a server that moved is found, and nothing needs clearing after a failure).

How many requests an endpoint gets at once is the engine's business: a queue in here would eat the time
that an attempt has.
"""

import asyncio
import io
import re
import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from runner.adapters.http import body
from runner.adapters.http.answer import TrackedResponse
from runner.adapters.http.attempt import WireAttempt, WirePhase
from runner.adapters.http.connectors import connector
from runner.adapters.http.failures import attempt_timeout, failure_of
from runner.adapters.http.head import MAX_HEAD_BYTES
from runner.adapters.http.names import DaemonResolver
from runner.adapters.http.once import once
from runner.adapters.http.own_address import own_ip
from runner.adapters.http.refusal import Refused
from runner.adapters.http.target import address, proxy_for, url_of
from runner.adapters.http.tls import ClientTls
from runner.adapters.http.trace import tracing
from runner.adapters.http.words import header_map
from runner.language.terms import Processed, TransportKind
from runner.model.bound import BoundEndpoint
from runner.model.exchange import Exchange, Limits, Request, Response, TransportFailure
from runner.model.secret import reveal
from runner.model.version import VERSION

# Nothing here waits in the name of aiohttp: its total is rounded up, its sock_connect is per address.
NO_CLOCKS = aiohttp.ClientTimeout(
    total=None, connect=None, sock_connect=None, sock_read=None, ceil_threshold=1e9
)
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FRAMING = frozenset({"content-length", "transfer-encoding"})
LARGE_BODY_BYTES = 1024 * 1024


class AiohttpTransport:
    """Sends requests to the endpoints it was made for; connections live as long as its context."""

    def __init__(self, endpoints: Mapping[str, BoundEndpoint], *, traceparent: str | None = None) -> None:
        """Prepare to talk.

        Args:
            endpoints: by name.
            traceparent: sent along with each request that has none of its own (W3C Trace Context).
        """
        self._endpoints = endpoints
        self._headers = {} if traceparent is None else {"traceparent": traceparent}
        self._tls = {name: ClientTls(endpoint.tls) for name, endpoint in endpoints.items()}
        self._sessions: dict[tuple[str, bool], aiohttp.ClientSession] = {}
        self._resolver = DaemonResolver()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._closed = True
        for session in self._sessions.values():
            await session.close()

    async def send(self, request: Request, limits: Limits, on_sent: Callable[[], None]) -> Exchange:
        """Send one request exactly once; see ``ports.Transport``."""
        attempt = WireAttempt(limits=limits, on_sent=on_sent, unsent_bytes=len(request.body or b""))
        try:
            async with asyncio.timeout(limits.attempt_s) as timer:
                return await self._exchange(request, attempt)
        except TimeoutError as error:
            return attempt_timeout(attempt) if timer.expired() else failure_of(error, attempt)
        except Exception as error:  # noqa: BLE001 - the port promises that nothing but a cancellation escapes
            return failure_of(error, attempt)

    async def own_ip(self, endpoint: str, url: str, connect_s: float) -> str | TransportFailure:
        """See ``ports.Transport``; through a socket of the file system there is no route."""
        if self._endpoints[endpoint].socket is not None:
            message = "${self:ip} has no value: the endpoint is a socket of this machine"
            kind = TransportKind.REQUEST_INVALID
            return TransportFailure(kind=kind, processed=Processed.NEVER, message=message)
        return await own_ip(url, connect_s)

    async def _exchange(self, request: Request, attempt: WireAttempt) -> Response:
        endpoint = self._endpoints[request.endpoint]
        url = url_of(reveal(request.url))
        proxy = None if endpoint.socket else proxy_for(reveal(endpoint.proxy), url)
        _aim(attempt, endpoint, url, proxy)
        async with self._session(endpoint, fresh=request.fresh_connection).request(
            request.method,
            url,
            headers=_headers(request),
            data=_body(request.body),
            proxy=proxy,
            ssl=self._context(endpoint, url, proxy),
            server_hostname=endpoint.tls.server_name,
            allow_redirects=False,
            middlewares=(once(attempt),),
            trace_request_ctx=attempt,
        ) as response:
            assert isinstance(response, TrackedResponse)
            attempt.reach(WirePhase.ANSWERING)
            attempt.status, attempt.headers = response.status, header_map(response.headers)
            return await body.read(response, endpoint.max_response_bytes)

    def _context(self, endpoint: BoundEndpoint, url: URL, proxy: URL | None) -> ssl.SSLContext | bool:
        secure = "https" in {url.scheme, proxy.scheme if proxy else None}
        if secure and endpoint.socket:
            raise Refused(TransportKind.INVALID_URL, "TLS over a unix socket is not supported; use http://")
        return self._tls[endpoint.name].context() if secure else True

    def _session(self, endpoint: BoundEndpoint, *, fresh: bool) -> aiohttp.ClientSession:
        """Return the session for kept connections, or the one whose connections serve one request each."""
        if self._closed:
            raise RuntimeError("the transport is closed")
        key = (endpoint.name, fresh)
        if key not in self._sessions:
            self._sessions[key] = _session(endpoint.socket, self._headers, self._resolver, fresh=fresh)
        return self._sessions[key]


def _aim(attempt: WireAttempt, endpoint: BoundEndpoint, url: URL, proxy: URL | None) -> None:
    """Note whom the attempt is made to, in words that may be printed."""
    attempt.peer = endpoint.socket or address(url)
    attempt.over_socket = endpoint.socket is not None
    attempt.secure = url.scheme == "https"
    attempt.own_trust = endpoint.tls.ca_file is not None
    attempt.proxy = None if proxy is None else address(proxy)


def _session(
    socket: str | None, headers: Mapping[str, str], resolver: DaemonResolver, *, fresh: bool
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector(socket, resolver, fresh=fresh),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"enlist/{VERSION}", "Accept-Encoding": "identity", **headers},
        skip_auto_headers=("Content-Type",),
        timeout=NO_CLOCKS,
        trust_env=False,
        raise_for_status=False,
        auto_decompress=False,
        max_line_size=MAX_HEAD_BYTES,
        max_field_size=MAX_HEAD_BYTES,
        response_class=TrackedResponse,
        trace_configs=[tracing()],
    )


def _headers(request: Request) -> CIMultiDict[str]:
    """Return the headers, refusing what would end a header early and begin another."""
    headers = CIMultiDict((name, reveal(value)) for name, value in request.headers)
    for name, value in headers.items():
        if not TOKEN.fullmatch(name) or CONTROL.search(value):
            # The value may be secret, and a broken name may hold anything.
            raise Refused(TransportKind.REQUEST_INVALID, "a header has characters that cannot be sent")
        if name.lower() in FRAMING:
            raise Refused(TransportKind.REQUEST_INVALID, f"{name} follows from the body and cannot be set")
    if not TOKEN.fullmatch(request.method):
        raise Refused(TransportKind.REQUEST_INVALID, "the method has characters that cannot be sent")
    return headers


def _body(content: bytes | None) -> bytes | io.BytesIO | None:
    """Return the body; a large one in a form that aiohttp writes piece by piece, without stopping the loop."""
    return io.BytesIO(content) if content is not None and len(content) > LARGE_BODY_BYTES else content
