"""Warnings about secrets: in the file, over the network in the clear, to somebody who was not checked.

The messages name the place and never the secret, and no excerpt is shown for one that stands in the file: what a
pipeline prints is read by more people than the file.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from runner.config.binding.credentials import credentials_in
from runner.config.lint.warning import warning
from runner.config.parts_of import endpoint_of, steps_of
from runner.config.read.source import Path, SourceTree
from runner.config.written import NO_VALUES, SECRET_NAME
from runner.language.endpoints import Endpoint
from runner.language.file import Spec
from runner.language.value import Source, Template
from runner.model.diagnostic import Diagnostic

_USERINFO = re.compile(r"^https?://[^/@\s:]*:([^/@\s]+)@")
_MIN_CHARS = 6
_MIN_DEFAULT_CHARS = 8
"""A default that is shorter is one for the developer's own machine, such as dev."""
_LOOPBACK = re.compile(r"localhost|.*\.localhost|127\.[0-9.]+|::1")


def literal_secrets(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A secret in a file is known to all who can read the repository, for as long as it exists."""
    hint = "take it from the environment (${NAME}) or a file (${file:/run/secrets/name})"
    data: Any = tree.data
    for top in ("endpoints", "registrations"):
        for path in _secret_places(data[top], (top,)):
            what = "password" if path[-1] in {"url", "urls"} or isinstance(path[-1], int) else "value"
            span = tree.key_span(path) if isinstance(path[-1], str) else tree.span(path)
            named = next(part for part in reversed(path) if isinstance(part, str))
            yield warning("W515", span, f"the {what} of {named} stands in the file", hint)
    for name, variable in spec.variables.items():
        written = variable.value if variable.has_value else variable.default
        if variable.secret and isinstance(written, str) and len(written) >= _MIN_DEFAULT_CHARS:
            key = "value" if variable.has_value else "default"
            message = f'the value of the secret variable "{name}" stands in the file'
            yield warning("W515", tree.key_span(("variables", name, key)), message, hint)


def _secret_places(data: Any, path: Path) -> Iterator[Path]:
    """Go through the keys whose value is a secret by its name, or a URL with a password, and written out."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _secret_places(item, (*path, index))
    elif isinstance(data, dict):
        for key, value in data.items():
            if key not in NO_VALUES:
                yield from _secret_places(value, (*path, key))
    elif isinstance(data, str) and _is_secret(str(path[-1]), data):
        yield path


def _is_secret(key: str, text: str) -> bool:
    userinfo = _USERINFO.match(text)
    if userinfo is not None:
        return "${" not in userinfo[1]
    return SECRET_NAME.search(key) is not None and "${" not in text and len(text) >= _MIN_CHARS


def credentials_in_the_clear(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """Whoever is on the way between two machines reads what goes over plain HTTP."""
    sending = {
        endpoint_of(spec, *place) for place in steps_of(spec) if next(credentials_in((), place[-1:]), None)
    }
    for name, endpoint in spec.endpoints.items():
        if endpoint.socket is not None or not (
            endpoint.login or name in sending or _has_credentials(endpoint)
        ):
            continue
        is_guarded = any(str(url).startswith("https:") for url in endpoint.addresses)
        for url in endpoint.addresses:
            host = _plain_host(spec, url)
            if is_guarded and str(url).startswith("http:") and _LOOPBACK.fullmatch(host or "") is None:
                message = (
                    f"the credentials of {name} go over plain http where its https address does not answer"
                )
                yield warning("W516", url.span, message, "list https:// addresses only")
            elif host is not None and _LOOPBACK.fullmatch(host) is None:
                message = f"the credentials of {name} go to {host} over plain http"
                yield warning("W516", url.span, message, "write https://, if the server has it")


def _has_credentials(endpoint: Endpoint) -> bool:
    in_url = any("@" in part for url in endpoint.addresses for part in url.parts if isinstance(part, str))
    return in_url or next(credentials_in((endpoint,), ()), None) is not None


def _plain_host(spec: Spec, url: Template) -> str | None:
    """Return the host of a URL that is known to be plain http, with defaults in place of placeholders."""
    text = ""
    for part in url.parts:
        known: Any = part
        if not isinstance(part, str):
            known = part.default if part.source is Source.ENV else None
            if part.source is Source.VAR:
                variable = spec.variables[part.name]
                known = variable.value if variable.has_value else variable.default
        # A placeholder of which nothing is known can be anything.
        text += known if isinstance(known, str) else "\0"
    try:
        parts = urlsplit(text.replace("\0", "%00"))
        host = parts.hostname
    except ValueError:
        return None
    return host if parts.scheme == "http" and host and "%00" not in host else None


def unchecked_certificates(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """Without the check anybody on the way can answer in the server's place."""
    for name, written in spec.endpoints.items():
        if not written.tls.verify:
            span = tree.key_span(("endpoints", name, "tls", "verify"))
            message = f"the certificate of {name} is not checked"
            yield warning("W517", span, message, "name the authority that signed it in ca_file instead")


RULES = (literal_secrets, credentials_in_the_clear, unchecked_certificates)
