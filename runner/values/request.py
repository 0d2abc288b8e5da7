"""A request template and a scope become the request that goes over the wire.

Two rules hold whatever a value contains: a placeholder in a path stays one segment, and a request never
leaves its endpoint's origin.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urljoin, urlsplit

from msgspec import structs
from msgspec.structs import replace

from runner.language.endpoints import Endpoint
from runner.language.requests import BodyKind, RequestTemplate
from runner.language.value import Source, Template
from runner.model.bound import Address, BoundEndpoint, Scope
from runner.model.exchange import Request
from runner.model.plan import Step
from runner.model.secret import Secret, Text, Value, reveal, shown
from runner.values.credentials import render_headers
from runner.values.document import render_document, to_json
from runner.values.template import RenderError, as_text, render_text

LOGIN = "login"
"""The name under which an endpoint's headers know what its login captured."""
_LITERAL_SAFE = "/%:@!$&'()*+,;=~"
_CONTENT_TYPES = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.TEXT: "text/plain; charset=utf-8",
}


def render_request(
    step: Step,
    endpoint: BoundEndpoint,
    address: Address,
    scope: Scope,
    *,
    login: Mapping[str, Value],
    fresh_connection: bool,
) -> Request:
    """Return the request of a step.

    Args:
        step: what to ask.
        endpoint: whom.
        address: at which of the endpoint's addresses.
        scope: what placeholders stand for.
        login: what the endpoint's login captured, for the endpoint's own headers.
        fresh_connection: whether to ask for a new connection.

    Raises:
        RenderError: when a value is missing, has no text, or could change where the request goes.
    """
    template = step.request
    body = _body(template, scope)
    return Request(
        endpoint=endpoint.name,
        step=step.name,
        method=template.method,
        url=_url(template, address.url, scope),
        headers=_headers(template, endpoint, address, replace(scope, captures={LOGIN: login}), scope),
        body=body,
        fresh_connection=fresh_connection,
    )


def _url(template: RequestTemplate, base: Text, scope: Scope) -> Text:
    whole = template.path.whole
    if whole is not None and whole.source is Source.CAPTURE:
        url = _same_origin(base, render_text(template.path, scope))
    else:
        url = _joined(base, render_path(template.path, scope))
    query = _parameters(render_document(template.query, scope), "query")
    if not query:
        return url
    mark = "&" if "?" in reveal(url) else "?"
    pairs = [(name, reveal(value), shown(value)) for name, value in query]
    real = reveal(url) + mark + _encoded([(name, value) for name, value, _ in pairs])
    public = shown(url) + mark + _encoded([(name, value) for name, _, value in pairs])
    return real if real == public else Secret(real, public)


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, quote_via=quote, safe="*")


def _joined(base: Text, path: Text) -> Text:
    real = reveal(base) + reveal(path)
    public = shown(base) + shown(path)
    return real if real == public else Secret(real, public)


def render_path(template: Template, scope: Scope) -> Text:
    """Return the path with each placeholder as one segment, or part of one, fully percent-encoded.

    Raises:
        RenderError: when a value is empty or would climb, or the path does not begin with a slash.
    """
    literal = tuple(
        quote(part, safe=_LITERAL_SAFE) if isinstance(part, str) else part for part in template.parts
    )
    if not str(literal[0]).startswith("/"):
        # Behind an address without a slash, a value could become a part of the host.
        raise RenderError(f"the path {template} does not begin with /")
    path = render_text(Template(literal, template.span), scope, _segment)
    if any(segment in {".", ".."} for segment in reveal(path).split("/")):
        raise RenderError(f"the path {template} would climb to another one")
    return path


def _segment(text: str) -> str:
    if text in {"", ".", ".."}:
        raise RenderError(f'"{text}" cannot be a part of a path')
    _refuse_control(text, "a path")
    return quote(text, safe="")


def _same_origin(base: Text, location: Text) -> Text:
    """Follow a reference that a server gave, such as a Location, if it stays on the server."""
    try:
        target = urljoin(reveal(base) + "/", reveal(location))
        here, there = urlsplit(reveal(base)), urlsplit(target)
    except ValueError:  # its text stays unsaid, as below
        raise RenderError("the reference that the server gave is not a URL") from None
    _refuse_control(target, "a URL")
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        # Where it leads stays unsaid: what is left of a reference may hold half a secret.
        raise RenderError("the reference that the server gave leads away from the endpoint's own address")
    return Secret(target) if isinstance(location, Secret) or isinstance(base, Secret) else target


def _headers(
    template: RequestTemplate, bound: BoundEndpoint, address: Address, logged_in: Scope, scope: Scope
) -> tuple[tuple[str, Text], ...]:
    """Return the endpoint's headers and the request's own, which win."""
    headers: dict[str, tuple[str, Text]] = {}
    if template.body_kind is not None:
        headers["content-type"] = ("Content-Type", _CONTENT_TYPES[template.body_kind])
    endpoint = bound.source
    if bound.login is not None and not logged_in.captures[LOGIN]:
        # The login itself goes out with what is there before it: what needs its captures is left out.
        endpoint = _without_login(endpoint)
    for name, value in render_headers(endpoint, logged_in, address.credentials):
        headers[name.lower()] = (name, _header_value(name, value))
    for name, written in template.headers:
        headers[name.lower()] = (name, render_header(name, written, scope))
    return tuple(headers.values())


def render_header(name: str, written: Template, scope: Scope) -> Text:
    """Return the value of a header.

    Raises:
        RenderError: when a value is missing, or could end the header.
    """
    return _header_value(name, render_text(written, scope))


def _header_value(name: str, value: Text) -> Text:
    if not is_header_safe(reveal(value)):
        raise RenderError(f"a control character cannot stand in the header {name}")
    return value


def is_header_safe(text: str) -> bool:
    """Whether a text can be the value of a header (RFC 9110 5.5)."""
    return not any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in text)


def _without_login(endpoint: Endpoint) -> Endpoint:
    def is_there(template: Template) -> bool:
        return all(reference.source is not Source.CAPTURE for reference in template.references)

    credentials = (endpoint.bearer,) if endpoint.bearer else endpoint.basic or ()
    return structs.replace(
        endpoint,
        headers=tuple((name, template) for name, template in endpoint.headers if is_there(template)),
        auth=endpoint.auth if all(map(is_there, credentials)) else None,
    )


def _body(template: RequestTemplate, scope: Scope) -> bytes | None:
    if template.body_kind is None:
        return None
    value = render_document(template.body, scope)
    match template.body_kind:
        case BodyKind.JSON:
            return to_json(value).encode()
        case BodyKind.FORM:
            return urlencode([(name, reveal(text)) for name, text in _parameters(value, "form")]).encode()
        case BodyKind.TEXT:
            return reveal(as_text(value, "text")).encode()


def _parameters(value: Value, where: str) -> list[tuple[str, Text]]:
    """Return names and texts; a list gives its name once for each item."""
    if not isinstance(value, dict):
        raise RenderError(f"{where} must be a map")
    pairs: list[tuple[str, Text]] = []
    for name, item in value.items():
        values = item if isinstance(item, list) else [item]
        pairs += [(name, as_text(each, f"{where}.{name}")) for each in values]
    return pairs


def _refuse_control(text: str, where: str) -> None:
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise RenderError(f"a control character cannot stand in {where}")
