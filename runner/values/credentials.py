"""An endpoint's headers and credentials, rendered from their templates."""

import base64
from collections.abc import Iterator

from runner.language.endpoints import Endpoint
from runner.language.value import Reference
from runner.model.bound import Scope
from runner.model.secret import MASK, Secret, Text, reveal
from runner.values.template import render_text


def render_headers(
    endpoint: Endpoint, scope: Scope, url_credentials: Secret | None
) -> list[tuple[str, Text]]:
    """Return the headers that each request to an endpoint carries.

    Args:
        endpoint: whose headers.
        scope: what their placeholders stand for, a login's captures among them.
        url_credentials: what stood in the URL; ``auth`` replaces it.

    Raises:
        RenderError: when a placeholder has no value.
    """
    headers = [(name, render_text(template, scope)) for name, template in endpoint.headers]
    authorization = _authorization(endpoint, scope) or url_credentials
    return headers if authorization is None else [*headers, ("Authorization", authorization)]


def _authorization(endpoint: Endpoint, scope: Scope) -> Secret | None:
    if endpoint.bearer is not None:
        return Secret(f"Bearer {reveal(render_text(endpoint.bearer, scope))}", f"Bearer {MASK}")
    if endpoint.basic is not None:
        username, password = (reveal(render_text(part, scope)) for part in endpoint.basic)
        return basic_credentials(username, password)
    return None


def basic_credentials(username: str, password: str) -> Secret:
    """Return the value of an Authorization header (RFC 7617)."""
    token = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    return Secret(f"Basic {token}", f"Basic {MASK}")


def credential_references(endpoint: Endpoint) -> Iterator[Reference]:
    """Yield the placeholders that stand in ``auth``, or before the @ of a URL: what they give is secret."""
    for template in (endpoint.bearer, *(endpoint.basic or ())):
        yield from template.references if template is not None else ()
    for url in (*endpoint.addresses, endpoint.proxy):
        ends = [at for at, part in enumerate(url.parts) if isinstance(part, str) and "@" in part]
        for part in url.parts[: ends[0] if ends else 0]:
            if isinstance(part, Reference):
                yield part
