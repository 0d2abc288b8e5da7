"""One endpoint's side of TLS: whom it trusts and what it shows.

Certificates are renewed under running processes, and the longest of ours runs for months: the files are read
again as soon as they change. Files that cannot be used refuse the request before anything is sent, and are
looked at anew by the next attempt.
"""

import os
import ssl

from runner.adapters.files import open_regular
from runner.adapters.http.authorities import trusting, trusting_the_system
from runner.adapters.http.refusal import Refused
from runner.language.terms import TransportKind
from runner.model.bound import BoundTls


class ClientTls:
    """Makes the context of an endpoint, and makes it again when a file behind it has changed."""

    def __init__(self, tls: BoundTls) -> None:
        self._tls = tls
        self._stamps: tuple[tuple[int, int], ...] | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context to connect with.

        Raises:
            Refused: when a certificate or key file cannot be used.
        """
        stamps = tuple(_stamp(path) for path in self._files())
        if self._context is None or stamps != self._stamps:
            self._context = self._made()
            self._stamps = stamps
        return self._context

    def _files(self) -> list[str]:
        named = (self._tls.ca_file, self._tls.cert_file, self._tls.key_file)
        return [path for path in named if path is not None]

    def _made(self) -> ssl.SSLContext:
        context = self._trusting()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if not self._tls.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._tls.cert_file is not None:
            self._show_certificate(context, self._tls.cert_file)
        return context

    def _trusting(self) -> ssl.SSLContext:
        """Return a context that trusts the named authorities, or the system's if none are named."""
        if self._tls.ca_file is None:
            try:
                return trusting_the_system()
            except OSError as error:
                raise _unusable(f"the file of SSL_CERT_FILE cannot be read: {error.strerror}") from None
        try:
            return trusting(self._tls.ca_file)
        except OSError:  # OpenSSL's own errors are of this class too
            raise _unusable(f"the CA file {self._tls.ca_file} holds no certificate in PEM form") from None

    def _show_certificate(self, context: ssl.SSLContext, cert_file: str) -> None:
        key_file = self._tls.key_file or cert_file
        try:
            # An empty passphrase fails; none at all would make OpenSSL ask on the terminal.
            context.load_cert_chain(cert_file, key_file, password="")
        except OSError:
            raise _unusable(
                f"the certificate file {cert_file} and the key file {key_file} do not fit together, "
                "are not in PEM form, or the key needs a passphrase"
            ) from None


def _stamp(path: str) -> tuple[int, int]:
    """Return what changes when a file does, having made sure that it can be read at all."""
    try:
        descriptor = open_regular(path)
        try:
            state = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unusable(f"the file {path} cannot be read: {error.strerror}") from None
    return state.st_mtime_ns, state.st_size


def _unusable(message: str) -> Refused:
    return Refused(TransportKind.REQUEST_INVALID, message)
