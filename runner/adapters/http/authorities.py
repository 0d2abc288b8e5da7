"""Whom to trust where no file names anybody: the authorities of the system that we are in.

OpenSSL looks where it was told to at its build, and an image of another distribution keeps its authorities elsewhere.
"""

import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.adapters.files import open_regular
from runner.adapters.unset import unset

PLACES = [
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora and what descends from it
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",
    f"{sys.prefix}/etc/ssl/cert.pem",  # brought along with an interpreter, for images that have none
]


def trusting(ca_file: str | None = None) -> ssl.SSLContext:
    """Return a context that trusts the authorities of a file, or those that OpenSSL finds.

    Python would write the keys of all connections to the file that ``SSLKEYLOGFILE`` names, and whoever reads that reads
    our tokens; a pipe there would be waited for. The variable is meant for whom it was set for, and stays for children.

    Raises:
        OSError: when the file holds none.
    """
    with unset(("SSLKEYLOGFILE",)):
        return ssl.create_default_context(cafile=ca_file)


def trusting_the_system() -> ssl.SSLContext:
    """Return a context that trusts what variables name, or else what OpenSSL finds, or else the first other place.

    Raises:
        OSError: when a variable names something that OpenSSL would wait for.
    """
    named = os.environ.get("SSL_CERT_FILE")
    if named and Path(named).exists():
        os.close(open_regular(named))
    context = trusting()
    if not ({"SSL_CERT_FILE", "SSL_CERT_DIR"} & set(os.environ) or _trusts_any(context)):
        there = next((place for place in PLACES if Path(place).is_file()), None)
        if there is not None:
            context.load_verify_locations(there)
    return context


def no_authorities_installed() -> bool:
    """Whether there is nobody to trust, as in images built from scratch."""
    try:
        return not _trusts_any(trusting_the_system())
    except OSError:
        return False


@contextmanager
def left_unread() -> Iterator[None]:
    """Let contexts that are made meanwhile trust nobody.

    aiohttp makes two when it is imported, each with all authorities of the system, which takes as long as a third of a
    short run, and we use neither. For processes that are all ours: one that has other uses for aiohttp needs them.
    """
    ssl.SSLContext.set_default_verify_paths = lambda _: None  # type: ignore[assignment, method-assign] # none are there
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths  # what it inherits is there again


def _trusts_any(context: ssl.SSLContext) -> bool:
    if context.cert_store_stats()["x509_ca"]:
        return True
    paths = ssl.get_default_verify_paths()
    try:
        # A directory of authorities is read certificate by certificate, when one is asked for.
        return bool(paths.capath and any(Path(paths.capath).iterdir()))
    except OSError:
        return False
