"""How an endpoint is reached: proxy, TLS and limits."""

import re

from runner.config.cursor import Cursor
from runner.model.plan import Tls
from runner.model.value import Template
from runner.values.units import UnitError, parse_size_bytes

DEFAULT_MAX_RESPONSE_BYTES = 1024 * 1024


def optional_template(at: Cursor, key: str) -> Template | None:
    """Read a text that may be missing."""
    below = at.get(key)
    return None if below is None else below.template()


def read_proxy(at: Cursor) -> Template:
    """Read through whom requests go."""
    below = at.get("proxy")
    if below is None:
        return Template(("none",), at.key_span)
    text = below.data
    if text not in {"none", "env"} and not re.match(r"https?://[^/\s]|\$\{", text):
        below.report("E336", f'"{text}" is not a proxy', "write none, env, or http://host:port")
    return below.template()


def read_max_response(at: Cursor) -> int:
    """Read how large an answer may be."""
    below = at.get("max_response")
    if below is None:
        return DEFAULT_MAX_RESPONSE_BYTES
    try:
        size = parse_size_bytes(below.data)
    except UnitError as error:
        below.report("E211", str(error), error.hint)
        return DEFAULT_MAX_RESPONSE_BYTES
    if size == 0:
        below.report("E207", "max_response is 0, and no answer is that small", "write 1MiB, or leave it out")
    return size


def read_tls(at: Cursor | None) -> Tls:
    """Read how a certificate is checked and which one is shown."""
    if at is None:
        return Tls()
    if "key_file" in at and "cert_file" not in at:
        hint = "add cert_file: with the certificate that the key belongs to"
        at.child("key_file").report("E335", "key_file has no cert_file beside it", hint, at_key=True)
    return Tls(
        ca_file=optional_template(at, "ca_file"),
        cert_file=optional_template(at, "cert_file"),
        key_file=optional_template(at, "key_file"),
        server_name=optional_template(at, "server_name"),
        verify=at.data.get("verify", True),
    )
