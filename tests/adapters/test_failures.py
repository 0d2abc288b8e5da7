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
from runner.adapters.http.attempt import WireAttempt, WirePhase
from runner.adapters.http.failures import attempt_timeout, failure_of
from runner.adapters.http.once import Broken
from runner.language.terms import Processed, TransportKind
from runner.model.exchange import Limits

KEY: Any = SimpleNamespace(host="host.test", port=80, ssl=True, is_ssl=False)
INFO: Any = SimpleNamespace(real_url=URL("http://host.test/?token=hunter22"))


def attempt(phase: WirePhase = WirePhase.CONNECTING, **changes: Any) -> WireAttempt:
    return WireAttempt(limits=Limits(15.0, 3.0), on_sent=unheard, peer="host.test:80", phase=phase, **changes)


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
        (aiohttp.ServerFingerprintMismatch(b"", b"", "h", 1), WirePhase.CONNECTING, "tls-verify"),
        (aiohttp.InvalidURL("http://hunter22@"), WirePhase.CONNECTING, "invalid-url"),
        (aiohttp.NonHttpUrlClientError("ftp://hunter22"), WirePhase.CONNECTING, "invalid-url"),
        (aiohttp.ServerDisconnectedError(), WirePhase.CONNECTING, "connect-reset"),
        (aiohttp.ServerDisconnectedError(), WirePhase.SENT, "disconnected-before-response"),
        (aiohttp.ServerDisconnectedError("HTTP/1.1 200"), WirePhase.SENT, "disconnected-mid-headers"),
        (aiohttp.ServerDisconnectedError(), WirePhase.ANSWERING, "disconnected-mid-body"),
        (aiohttp.ClientOSError(errno.EPIPE, "hunter22"), WirePhase.SENT, "disconnected-before-response"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "x"), WirePhase.ANSWERING, "disconnected-mid-body"),
        (ssl.SSLError(1, "x"), WirePhase.SENT, "tls-alert-after-handshake"),
        (aiohttp.ClientResponseError(INFO, (), status=400), WirePhase.SENT, "protocol-error"),
        (TransferEncodingError("hunter22\nmore"), WirePhase.SENT, "protocol-error"),
        (aiohttp.ClientResponseError(INFO, (), status=400), WirePhase.CONNECTING, "proxy-protocol"),
        (aiohttp.ClientPayloadError("x"), WirePhase.ANSWERING, "disconnected-mid-body"),
        (UnicodeError("label too long"), WirePhase.CONNECTING, "invalid-url"),
        (UnicodeEncodeError("ascii", "x", 0, 1, "x"), WirePhase.SENT, "request-invalid"),
        (ValueError("hunter22"), WirePhase.SENT, "request-invalid"),
        (TypeError("hunter22"), WirePhase.CONNECTED, "request-invalid"),
        (aiohttp.ClientConnectionError("Connector is closed"), WirePhase.CONNECTING, "internal"),
        (RuntimeError("hunter22"), WirePhase.SENT, "internal"),
        (TimeoutError(), WirePhase.SENT, "internal"),
        (KeyError("hunter22"), WirePhase.CONNECTING, "internal"),
    ],
)
def test_every_exception_has_one_kind_and_the_phase_alone_says_what_was_processed(
    error: Exception, phase: WirePhase, kind: str
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
    message = failure_of(error, attempt(WirePhase.SENT)).message
    assert "Bad status line" in message
    assert "hunter22" not in message


@pytest.mark.parametrize(
    ("phase", "processed", "kind", "says"),
    [
        (WirePhase.CONNECTING, Processed.NEVER, "total-timeout", "no connection to host.test:80 within 15 s"),
        (
            WirePhase.CONNECTED,
            Processed.NEVER,
            "total-timeout",
            "nothing could be sent to host.test:80 within 15 s",
        ),
        (WirePhase.SENT, Processed.MAYBE, "read-timeout", "no answer within 15 s"),
        (
            WirePhase.ANSWERING,
            Processed.STARTED,
            "read-timeout-body",
            "the answer began and was not complete within 15 s",
        ),
    ],
)
def test_a_time_out_says_how_far_it_came(
    phase: WirePhase, processed: Processed, kind: str, says: str
) -> None:
    failure = attempt_timeout(attempt(phase))
    assert (failure.kind.value, failure.processed, failure.message) == (kind, processed, says)


def test_a_body_that_the_server_does_not_take_is_no_missing_answer() -> None:
    failure = attempt_timeout(attempt(WirePhase.SENT, unsent_bytes=7))
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
