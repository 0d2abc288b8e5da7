"""What an endpoint is reached at: read with its values, by binding for all of it, by ``validate`` for what is literal."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import UNSET

from runner.config.binding.rehearsal import unaskable, unsendable
from runner.config.parts_of import classes_of, steps_of
from runner.language.endpoints import Endpoint, Tls
from runner.language.file import Spec
from runner.language.lifecycle import Lifecycle, ProbeKind
from runner.language.value import Reference, Source, Template
from runner.model.bound import Address, Scope
from runner.model.diagnostic import Diagnostic
from runner.model.secret import Secret, reveal
from runner.values.base_url import (
    UrlError,
    check_address,
    check_host,
    check_path,
    check_socket,
    check_url,
    mask_userinfo,
    parse_base_url,
    render_base_url,
)
from runner.values.document import as_value
from runner.values.request import render_header
from runner.values.template import RenderError, render_text
from runner.values.walk import references_in


def read_address(template: Template, scope: Scope) -> tuple[Address, tuple[Secret, ...]] | Diagnostic:
    """Return an address and what of it is secret, or why nothing could be sent there."""
    try:
        return parse_base_url(render_base_url(template, scope))
    except UrlError as error:
        return _unusable("URL", template, error, "write it as http://host:port")
    except RenderError as error:
        message = f"the URL cannot be rendered: {error}"
        return Diagnostic(code="E408", span=template.span, message=message)


def unreachable(endpoint: Endpoint, scope: Scope) -> Iterator[Diagnostic]:
    """Yield what is wrong with the socket, the certificates and the proxy of an endpoint."""
    yield from _unusable_tls(endpoint.tls, scope)
    if endpoint.socket is not None:
        hint = "write the path alone, as /run/control-plane.sock"
        yield from _checked("socket", endpoint.socket, scope, check_socket, hint)
    if str(endpoint.proxy) not in {"none", "env"}:
        yield from _checked(
            "proxy", endpoint.proxy, scope, _check_proxy, "write none, env, or http://host:port"
        )


def _unusable_tls(tls: Tls, scope: Scope) -> Iterator[Diagnostic]:
    for path in (tls.ca_file, tls.cert_file, tls.key_file):
        if path is not None:
            yield from _checked("path", path, scope, check_path, "write the path of a file")
    if tls.server_name is not None:
        yield from _checked(
            "server_name", tls.server_name, scope, check_host, "write the name in the certificate"
        )


def unusable_lifecycle(lifecycle: Lifecycle, scope: Scope) -> Iterator[Diagnostic]:
    """Yield what is wrong with what is asked whether the application is ready, and with the address of the status."""
    ready = lifecycle.ready
    if ready is not None and ready.kind is ProbeKind.HTTP:
        yield from _checked("URL", ready.target[0], scope, check_url, "write it as http://host:port/path")
    tcp = ready.target if ready is not None and ready.kind is ProbeKind.TCP else ()
    for address in (*tcp, *([lifecycle.listen] if lifecycle.listen is not None else [])):
        yield from _checked(
            "address", address, scope, check_address, "write it as HOST:PORT, as in 127.0.0.1:8080"
        )


def _check_proxy(text: str) -> None:
    if text not in {"none", "env"}:
        check_url(text)


def _checked(
    what: str, template: Template, scope: Scope, check: Callable[[str], None], hint: str
) -> Iterator[Diagnostic]:
    try:
        check(reveal(render_text(template, scope)))
    except UrlError as error:
        yield _unusable(what, template, error, hint)
    except RenderError as error:
        message = f"the {what} cannot be rendered: {error}"
        yield Diagnostic(code="E408", span=template.span, message=message)


def _unusable(what: str, template: Template, error: UrlError, hint: str) -> Diagnostic:
    source = ", ".join(map(str, template.references))
    named = f" of {source}" if source else f' "{mask_userinfo(str(template))}"'
    message = f"the {what}{named} cannot be used: {error}"
    return Diagnostic(code="E408", span=template.span, message=message, hint=hint)


def unusable_literals(spec: Spec) -> Iterator[Diagnostic]:
    """Yield what binding will refuse whatever the environment says: literals, and variables that have a ``value``."""
    values = {
        variable.name: as_value(variable.value)
        for variable in spec.variables.values()
        if variable.value is not UNSET and not (variable.env or variable.file or variable.secret)
    }
    scope = Scope(variables=values, environment={}, files={}, captures={})

    def is_known(reference: Reference) -> bool:
        return reference.source is Source.VAR and reference.name in values

    def are_known(part: object) -> bool:
        return all(is_known(reference) for reference, _ in references_in(part))

    for endpoint in spec.endpoints.values():
        for template in filter(are_known, endpoint.addresses):
            if isinstance(read := read_address(template, scope), Diagnostic):
                yield read
        if are_known((endpoint.socket, endpoint.proxy, endpoint.tls)):
            yield from unreachable(endpoint, scope)
        headers = [(name, written) for name, written in endpoint.headers if are_known(written)]
        yield from _unsafe_headers(headers, scope)
        if endpoint.bearer is not None and are_known(endpoint.bearer):
            yield from _unsafe_headers([("Authorization", endpoint.bearer)], scope)
    if are_known(spec.lifecycle):
        yield from unusable_lifecycle(spec.lifecycle, scope)
    logins = (endpoint.login for endpoint in spec.endpoints.values() if endpoint.login is not None)
    yield from unsendable((*logins, *(step for _, _, step in steps_of(spec))), scope, is_known)
    yield from unaskable(classes_of(spec), scope, is_known)


def _unsafe_headers(headers: Sequence[tuple[str, Template]], scope: Scope) -> Iterator[Diagnostic]:
    for name, written in headers:
        try:
            render_header(name, written, scope)
        except RenderError as error:
            yield Diagnostic(code="E407", span=written.span, message=str(error))
