"""Reading an answer to its proven end, and no further than its limit.

An answer that may be cut is not an answer. Content-Length and chunks are held by aiohttp; three holes remain
and are closed here.

A body that ends with its connection looks complete wherever it is cut. A whole JSON object or list shows its
own end and passes; else a reset is a cut, and a polite end passes only where little hangs on it: with an empty
body, or without success. Any other is refused, as no later attempt could prove more.

A compressed body that is cut decodes without complaint in aiohttp, and a few kilobytes of it become hundreds of
megabytes; so aiohttp's decoding is off. We ask for none, and take gzip and deflate from servers that send it
all the same, up to the limit and to the end.
"""

import json
import zlib

from runner.adapters.http.answer import TrackedResponse
from runner.adapters.http.refusal import Refused
from runner.adapters.http.words import header_map
from runner.language.terms import TransportKind
from runner.model.exchange import Response

CHUNK_BYTES = 64 * 1024
ANY_HEADER = 32 + zlib.MAX_WBITS
"""Lets zlib find out itself whether a stream has a gzip or a zlib header."""
NAMED = {"br", "compress", "x-compress", "dcb", "dcz", "zstd"}
"""The codings that a message names; any other text of a server may hold a secret."""


async def read(response: TrackedResponse, max_bytes: int) -> Response:
    """Return the complete answer.

    Raises:
        Refused: when it is too large, cannot be decoded, or has no provable end.
        aiohttp.ClientError: when it is cut.
    """
    if (response.content_length or 0) > max_bytes and not response.content.at_eof():
        raise _too_large(max_bytes)
    received = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        received += chunk
        if len(received) > max_bytes:
            raise _too_large(max_bytes)
    body = _decoded(bytes(received), response.headers.get("Content-Encoding", ""), max_bytes)
    if not _shows_its_end(response, body):
        if response.was_reset():
            raise Refused(
                TransportKind.DISCONNECTED_MID_BODY, "the connection was reset before the answer's end"
            )
        if 200 <= response.status < 300 and body:
            raise Refused(
                TransportKind.RESPONSE_INVALID,
                "the answer states no length and ends with its connection, so it may be cut",
            )
    return Response(status=response.status, headers=header_map(response.headers), body=body)


def _too_large(max_bytes: int) -> Refused:
    return Refused(TransportKind.PAYLOAD_TOO_LARGE, f"the answer is larger than {max_bytes} bytes")


def _shows_its_end(response: TrackedResponse, body: bytes) -> bool:
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    return chunked or "Content-Length" in response.headers or _is_whole_json(body)


def _is_whole_json(body: bytes) -> bool:
    """Whether the text shows its own end; the number 12 may be the beginning of 123."""
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False


def _decoded(body: bytes, codings: str, max_bytes: int) -> bytes:
    """Undo the codings, last applied first; an empty body is empty in any coding."""
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    for name in reversed(names if body else []):
        if name == "identity":
            continue
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise Refused(
                TransportKind.BODY_UNDECODABLE,
                f"the answer is encoded{f' as {name}' if name in NAMED else ''}, which was not asked for",
            )
        body = _inflated(body, name, max_bytes)
    return body


def _inflated(body: bytes, coding: str, max_bytes: int) -> bytes:
    # Some servers mean the bare stream when they say deflate; its low nibble tells it from zlib's header.
    bare = coding == "deflate" and body[0] & 0x0F != zlib.DEFLATED
    inflater = zlib.decompressobj(-zlib.MAX_WBITS if bare else ANY_HEADER)
    try:
        result = inflater.decompress(body, max_bytes + 1)
    except zlib.error:
        raise Refused(
            TransportKind.BODY_UNDECODABLE, f"the answer says that it is {coding}, and is not"
        ) from None
    if len(result) > max_bytes:
        raise _too_large(max_bytes)
    if not inflater.eof or inflater.unused_data:
        raise Refused(
            TransportKind.BODY_UNDECODABLE, f"the answer's {coding} stream does not end where the answer does"
        )
    return result
