"""A plan gets the values of one environment, or diagnostics that name everything that is missing.

Binding happens as late as possible and again before deregistering, so that credentials are fresh.
"""

import json
import math
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from runner.model.diagnostic import Diagnostic, Span
from runner.model.outcome import VerbName
from runner.model.plan import (
    BoundEndpoint,
    BoundPlan,
    BoundTls,
    Endpoint,
    Plan,
    Scope,
    Variable,
    VariableType,
)
from runner.model.secret import Secret, Text, reveal
from runner.model.value import Json, Reference, Source, Template, Value
from runner.ports import Files
from runner.values.credentials import basic_credentials, render_headers, secret_parts
from runner.values.document import as_value, hidden
from runner.values.template import render_text
from runner.values.units import UnitError, parse_duration_s
from runner.values.walk import references_in

MAX_FILE_BYTES = 64 * 1024

_BOOLEANS = {"true": True, "false": False}


class _Unbound(ValueError):
    """A variable or file that has no usable value."""


def bind(
    plan: Plan,
    environment: Mapping[str, str],
    files: Files,
    *,
    verbs: Collection[VerbName] = (VerbName.REGISTER, VerbName.VERIFY),
    overrides: Mapping[str, Json] | None = None,
) -> tuple[BoundPlan | None, tuple[Diagnostic, ...]]:
    """Give a plan its values.

    Args:
        plan: what to bind.
        environment: the environment variables.
        files: reads what ``file`` names.
        verbs: what will be run; only what these use must have a value.
        overrides: values of variables that replace their source, as a file's own tests give them.

    Returns:
        The bound plan, or everything that is missing or unusable, all at once.
    """
    used = _used(plan, verbs)
    binder = _Binder(environment, files, overrides or {})
    scope = Scope(
        variables=binder.variables(plan, used),
        environment=environment,
        files=binder.files(used),
        captures={},
    )
    binder.environment(used)
    if binder.found:
        return None, tuple(dict.fromkeys(binder.found))
    endpoints = {name: binder.endpoint(each, scope) for name, each in plan.endpoints.items()}
    if binder.found:
        return None, tuple(dict.fromkeys(binder.found))
    secrets = (*binder.secrets, *_secrets_in([*scope.variables.values(), *scope.files.values()]))
    return BoundPlan(plan=plan, endpoints=endpoints, scope=scope, secrets=secrets), ()


def _used(plan: Plan, verbs: Collection[VerbName]) -> list[tuple[Reference, Template]]:
    """The placeholders that the verbs will need, in file order."""
    parts: list[object] = list(plan.endpoints.values())
    for each in plan.registrations.values():
        present = (each.register, each.verify, each.deregister)
        parts.extend(verb for verb in present if verb is not None and verb.name in verbs)
    return [found for part in parts for found in references_in(part)]


class _Binder:
    """Collects what cannot be bound while it binds the rest."""

    def __init__(self, environment: Mapping[str, str], files: Files, overrides: Mapping[str, Json]) -> None:
        self.found: list[Diagnostic] = []
        self.secrets: list[Secret] = []
        self._environment = environment
        self._files = files
        self._overrides = overrides

    def _report(self, code: str, span: Span, message: str, hint: str | None = None) -> None:
        self.found.append(Diagnostic(code=code, span=span, message=message, hint=hint))

    def variables(self, plan: Plan, used: list[tuple[Reference, Template]]) -> dict[str, Value]:
        """Give every used variable its value."""
        names = {reference.name for reference, _ in used if reference.source is Source.VAR}
        values: dict[str, Value] = {}
        for variable in plan.variables.values():
            if variable.name not in names:
                continue
            try:
                values[variable.name] = self._variable(variable)
            except _Unbound as error:
                self._report("E405", variable.span, str(error), variable.description)
        return values

    def _variable(self, variable: Variable) -> Value:
        raw = self._raw(variable)
        value = _typed(raw, variable)
        return hidden(value) if variable.secret else as_value(value)

    def _raw(self, variable: Variable) -> Json:
        if variable.name in self._overrides:
            return self._overrides[variable.name]
        if variable.env is not None and variable.env in self._environment:
            return self._environment[variable.env]
        if variable.file is not None:
            try:
                return self._read(variable.file)
            except _Unbound:
                if not variable.has_default:
                    raise
        if variable.has_value:
            return variable.value
        if variable.has_default:
            return variable.default
        raise _Unbound(f"{variable.env} is not set (variable {variable.name})")

    def _read(self, path: str) -> str:
        """Read a file; one newline at its end is an editor's and not the secret's."""
        try:
            text = self._files.read(path, MAX_FILE_BYTES).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _Unbound(f"{path} is not UTF-8") from error
        except ValueError as error:
            raise _Unbound(f"{path} is larger than 64 KiB") from error
        except OSError as error:
            raise _Unbound(f"{path} cannot be read: {(error.strerror or 'unknown cause').lower()}") from error
        return text.removesuffix("\n").removesuffix("\r")

    def files(self, used: list[tuple[Reference, Template]]) -> dict[str, Text]:
        """Read every ``${file:...}``."""
        contents: dict[str, Text] = {}
        for reference, template in used:
            if reference.source is not Source.FILE or reference.name in contents:
                continue
            try:
                contents[reference.name] = Secret(self._read(reference.name))
            except _Unbound as error:
                self._report("E406", template.span, str(error))
        return contents

    def environment(self, used: list[tuple[Reference, Template]]) -> None:
        """Report every ``${NAME}`` that has no value."""
        for reference, template in used:
            if reference.source is not Source.ENV or reference.default is not None:
                continue
            value = self._environment.get(reference.name)
            if value is None or (reference.message is not None and not value):
                self._report("E405", template.span, f"{reference.name} is not set", reference.message)

    def endpoint(self, endpoint: Endpoint, scope: Scope) -> BoundEndpoint:
        """Give an endpoint its address and credentials."""

        def text(template: Template | None) -> str | None:
            return None if template is None else reveal(render_text(template, scope))

        urls = [self._url(template, scope) for template in endpoint.urls]
        credentials = next((user for _, user in urls if user), None)
        if endpoint.login is None:
            self._check_headers(endpoint, scope, credentials)
        proxy = render_text(endpoint.proxy, scope)
        self.secrets += _secrets_in([proxy])
        return BoundEndpoint(
            name=endpoint.name,
            urls=tuple(url for url, _ in urls),
            socket=text(endpoint.socket),
            source=endpoint,
            basic=credentials,
            tls=BoundTls(
                ca_file=text(endpoint.tls.ca_file),
                cert_file=text(endpoint.tls.cert_file),
                key_file=text(endpoint.tls.key_file),
                server_name=text(endpoint.tls.server_name),
                verify=endpoint.tls.verify,
            ),
            proxy=proxy,
            attempt_timeout_s=endpoint.attempt_timeout_s,
            connect_timeout_s=endpoint.connect_timeout_s,
            max_concurrency=endpoint.max_concurrency,
            max_response_bytes=endpoint.max_response_bytes,
        )

    def _check_headers(self, endpoint: Endpoint, scope: Scope, credentials: Secret | None) -> None:
        if endpoint.basic is not None:
            self.secrets += [Secret(reveal(render_text(part, scope))) for part in endpoint.basic[1:]]
        for name, value in render_headers(endpoint, scope, credentials):
            if isinstance(value, Secret):
                self.secrets += secret_parts(value)
            if not _is_header_safe(reveal(value)):
                self._report("E407", endpoint.span, f"the value of the header {name} has control characters")

    def _url(self, template: Template, scope: Scope) -> tuple[Text, Secret | None]:
        """Split a base URL into the address and the credentials that may stand in it."""
        text = render_text(template, scope)
        real = reveal(text)
        try:
            parts = urlsplit(real)
            problem = _url_problem(real, parts)
        except ValueError:
            problem = "it is not a URL"
        if problem is not None:
            named = "" if isinstance(text, Secret) else f' "{real}"'
            hint = "write it as http://host:port"
            self._report("E408", template.span, f"the URL{named} cannot be used: {problem}", hint)
            return text, None
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
        if parts.username is None:
            return (Secret(address) if isinstance(text, Secret) else address), None
        password = unquote(parts.password or "")
        self.secrets.append(Secret(password))
        return address, basic_credentials(unquote(parts.username), password)


def _url_problem(text: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"}:
        return "it does not begin with http:// or https://"
    if not parts.hostname:
        return "it has no host"
    if parts.query or parts.fragment:
        return "it has a query or a fragment"
    if parts.port == 0:
        return "its port is 0"
    if not text.isprintable() or " " in text:
        return "it has spaces or control characters"
    return None


def _is_header_safe(text: str) -> bool:
    return not any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in text)


def _typed(raw: Json, variable: Variable) -> Json:
    """Read a value as its variable's type; what the file itself wrote in that type is taken as it is."""
    if not isinstance(raw, str):
        return raw
    try:
        return _parsed(raw, variable.type)
    except (ValueError, KeyError) as error:
        said = "its value" if variable.secret else f'"{raw}"'
        source = variable.env or variable.file or "the file"
        hint = f" ({error.hint})" if isinstance(error, UnitError) and error.hint else ""
        message = f"{source}: {said} is not a {variable.type}{hint} (variable {variable.name})"
        raise _Unbound(message) from error


def _parsed(raw: str, wanted: VariableType) -> Json:
    match wanted:
        case VariableType.STRING:
            return raw
        case VariableType.INTEGER:
            return int(raw)
        case VariableType.NUMBER:
            number = float(raw)
            if not math.isfinite(number):
                raise ValueError(raw)
            return number
        case VariableType.BOOLEAN:
            return _BOOLEANS[raw.strip().lower()]
        case VariableType.DURATION:
            seconds = parse_duration_s(raw)
            return int(seconds) if seconds.is_integer() else seconds
        case VariableType.LIST:
            return _list(raw)


def _list(raw: str) -> Json:
    if raw.lstrip().startswith("["):
        items: Json = json.loads(raw)
        return items
    return [item.strip() for item in raw.split(",") if item.strip()]


def _secrets_in(value: Value) -> Iterator[Secret]:
    match value:
        case Secret():
            yield value
        case list():
            for item in value:
                yield from _secrets_in(item)
        case dict():
            for item in value.values():
                yield from _secrets_in(item)
