"""Imports aiohttp, before any module here does.

It makes contexts for TLS when it is imported, which we never use, and OpenSSL reads what these variables name: a pipe
would be waited for without end.
"""

from runner.adapters.unset import unset

with unset(("SSL_CERT_FILE", "SSLKEYLOGFILE")):
    import aiohttp  # noqa: F401 - importing it is all
