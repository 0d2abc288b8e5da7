"""How an endpoint is reached: what must hold for its proxy and its certificates."""

import re

from runner.config.typed.cursor import Cursor


def check_connection(at: Cursor) -> None:
    """Report a proxy that is none, and a key without its certificate."""
    proxy, tls = at.get("proxy"), at.get("tls")
    if (
        proxy is not None
        and proxy.data not in {"none", "env"}
        and not re.match(r"https?://[^/\s]|\$\{", proxy.data)
    ):
        proxy.report("E336", f'"{proxy.data}" is not a proxy', "write none, env, or http://host:port")
    if tls is not None and "key_file" in tls and "cert_file" not in tls:
        hint = "add cert_file: with the certificate that the key belongs to"
        tls.child("key_file").report("E335", "key_file has no cert_file beside it", hint, at_key=True)
