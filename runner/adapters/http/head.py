"""Receiving an answer's head: bounded as a whole, ended where its status ends it, and not lost to a failed upload.

The parser bounds each line of a head and not their sum. It takes what follows a 204 for the next answer, and
where that is none (a chunk's end, a body) forgets the answer that it had. And a server that refuses a large body
answers before it has read it and closes: the upload breaks, though the answer has arrived.
"""

import asyncio
import os
from typing import Any

from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import EMPTY_BODY_STATUS_CODES

from runner.adapters.http.refusal import Refused
from runner.language.terms import TransportKind

MAX_HEAD_BYTES = 64 * 1024
"""Headers of one answer, all together, with its status line."""
MAX_INTERIM = 64
"""Answers that only announce one (100, 103) before it; a server can send them without end."""
_END = b"\r\n\r\n"
_CHUNK_BYTES = 64 * 1024


class HeadReader(ResponseHandler):
    """The protocol of one connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._head = bytearray()
        self._reads_head = False
        self._interim = 0

    def set_response_params(self, **parameters: Any) -> None:
        """Begin to await an answer."""
        self._head.clear()
        self._reads_head = True
        self._interim = 0
        super().set_response_params(**parameters)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, up to where an answer without a body ends."""
        if not self._reads_head:
            super().data_received(data)
            return
        left = data
        while left:
            left = self._read_head(left)

    def _read_head(self, data: bytes) -> bytes:
        """Take what belongs to a head; return what follows one that another has to follow."""
        before = len(self._head)
        self._head += data
        end = self._head.find(_END, max(0, before - len(_END) + 1))
        size = len(self._head) if end < 0 else end + len(_END)
        if size > MAX_HEAD_BYTES:
            message = f"the answer's headers are larger than {MAX_HEAD_BYTES} bytes, the most that is read"
            return self._refuse(message)
        if end < 0:
            super().data_received(data)
            self._reads_head = not self._buffer  # an answer by now: its lines end in another way
            return b""
        status = _status(self._head)
        ends = status in EMPTY_BODY_STATUS_CODES or self._skip_payload
        rest = size - before if ends else None
        self._reads_head = 100 <= status < 200 and status != 101
        self._interim += self._reads_head
        if self._interim > MAX_INTERIM:
            return self._refuse(f"more than {MAX_INTERIM} interim answers (1xx) came before an answer")
        self._head.clear()
        super().data_received(data[:rest])
        if rest is None or rest == len(data):
            return b""
        if self._reads_head:
            return data[rest:]
        self.force_close()
        return b""

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """Break, unless the answer has arrived all the same."""
        if isinstance(exc, OSError) and self._reads_head:
            self._read_what_arrived()
        super().set_exception(exc, *cause)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End, having read what arrived before."""
        if isinstance(exc, OSError) and self._reads_head:
            self._read_what_arrived()
        super().connection_lost(exc)

    def _refuse(self, message: str) -> bytes:
        self._reads_head = False
        status = _status(self._head)
        if self.transport is not None:
            self.transport.close()
        # An error answer is what its status says; a success is none without its headers.
        known = status if status >= 300 else None
        self.set_exception(Refused(TransportKind.PROTOCOL_ERROR, message, known))
        return b""

    def _read_what_arrived(self) -> None:
        """A reset closes the connection for writing at once; what was received before it is still there."""
        transport = self.transport
        connection = None if transport is None else transport.get_extra_info("socket")
        if transport is None or connection is None or transport.get_extra_info("sslcontext") is not None:
            return
        try:
            while self._reads_head and (data := os.read(connection.fileno(), _CHUNK_BYTES)):
                self.data_received(data)
        except OSError:
            return


def _status(head: bytearray) -> int:
    code = bytes(head[9:12])
    return int(code) if head.startswith(b"HTTP/1.") and code.isdigit() else 0
