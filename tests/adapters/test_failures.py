"""The table of failures by itself: exceptions that no loopback server can provoke, and the whole of the kinds."""

import ast
import errno
import os
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp.http_exceptions import BadStatusLine, TransferEncodingError
from support.lab import unheard
from yarl import URL

import runner.adapters.http
from runner.adapters.http.attempt import Attempt, Phase
from runner.adapters.http.failures import attempt_timeout, failure_of
from runner.adapters.http.once import Broken
from runner.language.terms import Processed, TransportKind
from runner.model.exchange import Limits

KEY: Any = SimpleNamespace(host="host.test", port=80, ssl=True, is_ssl=False)
INFO: Any = SimpleNamespace(real_url=URL("http://host.test/?token=hunter22"))


def attempt(phase: Phase = Phase.CONNECTING, **changes: Any) -> Attempt:
    return Attempt(limits=Limits(15.0, 3.0), on_sent=unheard, peer="host.test:80", phase=phase, **changes)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNREFUSED, "connect-refused"),
        (errno.ENETUNREACH, "connect-unreachable"),
        (errno.EHOSTUNREACH, "connect-unreachable"),
        (errno.ENETDOWN, "connect-unreachable"),
        (errno.EHOSTDOWN, "connect-unreachable"),
        (errno.EAFNOSUPPORT, "connect-unreachable"),
        (errno.ETIMEDOUT, "connect-timeout"),
        (errno.ECONNRESET, "connect-reset"),
        (errno.EMFILE, "local-resource"),
        (errno.ENFILE, "local-resource"),
        (errno.EADDRNOTAVAIL, "local-resource"),
        (errno.ENOMEM, "local-resource"),
        (errno.ENOBUFS, "local-resource"),
        (errno.EACCES, "local-resource"),
        (errno.EPERM, "local-resource"),
    ],
)
def test_the_systems_error_number_names_the_kind(number: int, kind: str) -> None:
    error = aiohttp.ClientConnectorError(KEY, OSError(number, os.strerror(number)))
    failure = failure_of(error, attempt())
    assert (failure.kind.value, failure.processed) == (kind, Processed.NEVER)
    assert "host.test:80" in failure.message


def test_a_lack_of_descriptors_is_not_the_proxys_fault_either() -> None:
    error = aiohttp.ClientProxyConnectionError(KEY, OSError(errno.EMFILE, "x"))
    assert failure_of(error, attempt(proxy="p:1")).kind == "local-resource"


@pytest.mark.parametrize(
    ("error", "phase", "kind"),
    [
        (aiohttp.ServerFingerprintMismatch(b"", b"", "h", 1), Phase.CONNECTING, "tls-verify"),
        (aiohttp.InvalidURL("http://hunter22@"), Phase.CONNECTING, "invalid-url"),
        (aiohttp.NonHttpUrlClientError("ftp://hunter22"), Phase.CONNECTING, "invalid-url"),
        (aiohttp.ServerDisconnectedError(), Phase.CONNECTING, "connect-reset"),
        (aiohttp.ServerDisconnectedError(), Phase.SENT, "disconnected-before-response"),
        (aiohttp.ServerDisconnectedError("HTTP/1.1 200"), Phase.SENT, "disconnected-mid-headers"),
        (aiohttp.ServerDisconnectedError(), Phase.ANSWERING, "disconnected-mid-body"),
        (aiohttp.ClientOSError(errno.EPIPE, "hunter22"), Phase.SENT, "disconnected-before-response"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "x"), Phase.ANSWERING, "disconnected-mid-body"),
        (ssl.SSLError(1, "x"), Phase.SENT, "tls-alert-after-handshake"),
        (aiohttp.ClientResponseError(INFO, (), status=400), Phase.SENT, "protocol-error"),
        (TransferEncodingError("hunter22\nmore"), Phase.SENT, "protocol-error"),
        (aiohttp.ClientResponseError(INFO, (), status=400), Phase.CONNECTING, "proxy-protocol"),
        (aiohttp.ClientPayloadError("x"), Phase.ANSWERING, "disconnected-mid-body"),
        (UnicodeError("label too long"), Phase.CONNECTING, "invalid-url"),
        (UnicodeEncodeError("ascii", "x", 0, 1, "x"), Phase.SENT, "request-invalid"),
        (ValueError("hunter22"), Phase.SENT, "request-invalid"),
        (TypeError("hunter22"), Phase.CONNECTED, "request-invalid"),
        (aiohttp.ClientConnectionError("Connector is closed"), Phase.CONNECTING, "internal"),
        (RuntimeError("hunter22"), Phase.SENT, "internal"),
        (TimeoutError(), Phase.SENT, "internal"),
        (KeyError("hunter22"), Phase.CONNECTING, "internal"),
    ],
)
def test_every_exception_has_one_kind_and_the_phase_alone_says_what_was_processed(
    error: Exception, phase: Phase, kind: str
) -> None:
    for shape in (error, Broken(error)):
        failure = failure_of(shape, attempt(phase))
        assert failure.kind == kind
        if kind != "disconnected-mid-headers":
            assert failure.processed is attempt(phase).processed
        assert failure.message
        if not isinstance(error, TransferEncodingError):
            assert "hunter22" not in failure.message
        if kind != "internal":
            assert "Error" not in failure.message


def test_what_the_parser_said_is_kept_without_what_it_quotes() -> None:
    error = aiohttp.ClientResponseError(INFO, (), status=400)
    error.__cause__ = BadStatusLine("Expected HTTP/:\n\n  b'hunter22'\n  ^")
    message = failure_of(error, attempt(Phase.SENT)).message
    assert "Bad status line" in message
    assert "hunter22" not in message


@pytest.mark.parametrize(
    ("phase", "processed", "kind", "says"),
    [
        (Phase.CONNECTING, Processed.NEVER, "total-timeout", "no connection to host.test:80 within 15 s"),
        (
            Phase.CONNECTED,
            Processed.NEVER,
            "total-timeout",
            "nothing could be sent to host.test:80 within 15 s",
        ),
        (Phase.SENT, Processed.MAYBE, "read-timeout", "no answer within 15 s"),
        (
            Phase.ANSWERING,
            Processed.STARTED,
            "read-timeout-body",
            "the answer began and was not complete within 15 s",
        ),
    ],
)
def test_a_time_out_says_how_far_it_came(phase: Phase, processed: Processed, kind: str, says: str) -> None:
    failure = attempt_timeout(attempt(phase))
    assert (failure.kind.value, failure.processed, failure.message) == (kind, processed, says)


def test_a_body_that_the_server_does_not_take_is_no_missing_answer() -> None:
    failure = attempt_timeout(attempt(Phase.SENT, unsent_bytes=7))
    assert (failure.kind, failure.processed) == ("total-timeout", Processed.MAYBE)
    assert failure.message == "host.test:80 did not take the request within 15 s"


def test_a_script_gives_the_failures_that_the_transport_gives_and_no_others() -> None:
    """A test of a file that passes with a failure which no run meets proves nothing.

    An interruption stands apart: the engine notes it of a request, no transport returns it.
    """
    folder = Path(runner.adapters.http.__file__).parent
    named = {
        node.attr
        for path in folder.glob("*.py")
        if path.name != "sandbox.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "TransportKind"
    }

    assert {kind.name for kind in TransportKind} - {"CANCELLED"} == named
