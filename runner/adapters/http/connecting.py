"""Failures while a connection is being made: names, addresses, certificates, handshakes.

One library exception covers a refused connection, a full descriptor table and a broken handshake; the
system's error number tells them apart, together with what was being attempted.
"""

import errno
import socket
import ssl

import aiohttp

from runner.adapters.http.attempt import WireAttempt
from runner.adapters.http.authorities import no_authorities_installed
from runner.adapters.http.words import Named, in_words
from runner.language.terms import TransportKind

OUR_MACHINE = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.EADDRNOTAVAIL,
        errno.EADDRINUSE,
        errno.ENOMEM,
        errno.ENOBUFS,
        errno.EACCES,
        errno.EPERM,
    }
)
"""Not the server's fault: descriptors, ports, memory, permissions and packet filters of this machine."""

LOOK_UP_ON_OUR_MACHINE = frozenset({socket.EAI_MEMORY, socket.EAI_SYSTEM, errno.EAGAIN})


def name_not_found(error: aiohttp.ClientConnectorDNSError, _attempt: WireAttempt) -> Named:
    """A host name without an address; of the server or, as aiohttp has one class for both, of the proxy."""
    cause = error.os_error
    reason = cause.strerror or "no reason given"
    if cause.errno in LOOK_UP_ON_OUR_MACHINE:
        return (
            TransportKind.LOCAL_RESOURCE,
            f"the name {error.host} cannot be looked up, on our side: {reason}",
        )
    if cause.errno == socket.EAI_AGAIN:
        return (
            TransportKind.DNS_TEMPORARY,
            f"the name {error.host} cannot be looked up at the moment: {reason}",
        )
    return TransportKind.DNS, f"the name {error.host} cannot be resolved: {reason}"


def not_trusted(error: Exception, attempt: WireAttempt) -> Named:
    """A certificate that does not stand the check."""
    cause = getattr(error, "certificate_error", None)
    reason = in_words(cause) if isinstance(cause, ssl.SSLCertVerificationError) else "it is another one"
    hint = ""
    if not attempt.own_trust and no_authorities_installed():
        hint = " (no CA certificates are installed; install the system's package of them, or name a ca_file)"
    return TransportKind.TLS_VERIFY, f"the certificate of {attempt.peer} is not trusted: {reason}{hint}"


def handshake_failed(error: aiohttp.ClientConnectorSSLError, attempt: WireAttempt) -> Named:
    """The two sides could not agree on TLS."""
    reason = in_words(error.os_error)
    hint = " (it may speak plain http)" if reason in {"wrong version number", "record layer failure"} else ""
    return TransportKind.TLS_HANDSHAKE, f"no TLS with {attempt.peer}: {reason}{hint}"


def not_connected(error: aiohttp.ClientConnectorError, attempt: WireAttempt) -> Named:
    """No connection, by the system's error number; of several addresses the last one's counts."""
    cause = error.os_error
    number = cause.errno
    if number in OUR_MACHINE:
        return TransportKind.LOCAL_RESOURCE, f"no connection to {attempt.hop}, on our side: {in_words(cause)}"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return TransportKind.PROXY_CONNECT, f"no connection to {attempt.hop}: {in_words(cause)}"
    if attempt.over_socket:
        return _socket_not_connected(cause, attempt)
    if number == errno.ECONNREFUSED:
        return TransportKind.CONNECT_REFUSED, f"connection refused by {attempt.peer}"
    if number == errno.ETIMEDOUT:
        return TransportKind.CONNECT_TIMEOUT, f"no connection to {attempt.peer}: the system gave up waiting"
    if number in {None, errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}:
        return _ended(attempt)
    return TransportKind.CONNECT_UNREACHABLE, f"{attempt.peer} cannot be reached: {in_words(cause)}"


def _ended(attempt: WireAttempt) -> Named:
    """A peer that hangs up while the connection is made; asyncio gives a clean end no number."""
    if attempt.secure:
        return TransportKind.TLS_HANDSHAKE, f"{attempt.peer} hung up during the TLS handshake"
    return TransportKind.CONNECT_RESET, f"{attempt.peer} reset the connection as soon as it was made"


def _socket_not_connected(cause: OSError, attempt: WireAttempt) -> Named:
    """A socket that nobody has made yet is, to us, a server that has not started yet."""
    if cause.errno == errno.ENOENT:
        return TransportKind.CONNECT_REFUSED, f"the socket {attempt.peer} does not exist"
    if cause.errno == errno.ECONNREFUSED:
        return TransportKind.CONNECT_REFUSED, f"nobody listens on the socket {attempt.peer}"
    return TransportKind.CONNECT_UNREACHABLE, f"no connection to the socket {attempt.peer}: {in_words(cause)}"
