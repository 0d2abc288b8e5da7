"""What a plan names, read from one environment: variables, files, addresses and credentials, and what is wrong with them."""

from collections.abc import Collection, Mapping

from msgspec import UNSET

from runner.config.binding.addresses import read_address, unreachable
from runner.config.binding.known_secrets import credential_variables, known_secrets
from runner.config.binding.unbound import Unbound, typed
from runner.config.recipes.located import at_their_use
from runner.config.written import hide
from runner.language.endpoints import Endpoint
from runner.language.file import Variable
from runner.language.span import Span
from runner.language.value import Json, Reference, Source, Template
from runner.model.bound import Address, BoundEndpoint, BoundTls, Scope
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan, Step
from runner.model.secret import Secret, Text, Value, reveal
from runner.ports import Files, FileTooLarge
from runner.values.credentials import render_headers
from runner.values.document import as_value, hidden
from runner.values.request import is_header_safe
from runner.values.secret import BOUND, Redactor
from runner.values.template import RenderError, render_text

MAX_FILE_BYTES = 64 * 1024
MAX_PARSED_BYTES = 1024 * 1024  # of a file that $parse makes a value of
MAX_CERTIFICATE_BYTES = 4 * 1024 * 1024


class Binder:
    """Collects what cannot be bound while it binds the rest."""

    def __init__(
        self,
        plan: Plan,
        environment: Mapping[str, str],
        files: Files,
        overrides: Mapping[str, Json],
        parsed: Collection[tuple[Source, str]] = (),
    ) -> None:
        self.found: list[Diagnostic] = []
        self.secrets: list[Secret] = []
        self._environment = environment
        self._files = files
        self._overrides = overrides
        self._plan = plan
        self._credentials = credential_variables(plan)
        self._parsed = parsed

    def findings(self, scope: Scope) -> tuple[Diagnostic, ...]:
        """Return what was found, each once, and no secret in it: the path of a file may be one."""
        redactor = Redactor()
        redactor.hold(BOUND, (*self.secrets, *known_secrets(self._plan, scope)))
        return tuple(hide(each, redactor) for each in dict.fromkeys(at_their_use(self.found)))

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
                values[variable.name] = self.variable(variable)
            except Unbound as error:
                self._report("E405", variable.span, str(error), variable.description)
        return values

    def variable(self, variable: Variable) -> Value:
        """Return a variable's value; raises Unbound where it has none of its type."""
        raw = self._raw(variable)
        value = typed(raw, variable, secret=variable.secret or variable.name in self._credentials)
        return hidden(value) if variable.secret else as_value(value)

    def _raw(self, variable: Variable) -> Json:
        if variable.name in self._overrides:
            return self._overrides[variable.name]
        if variable.env is not None and variable.env in self._environment:
            return self._of_environment(variable.env)
        if variable.file is not None:
            try:
                return self._read(variable.file, (Source.VAR, variable.name))
            except Unbound:
                if variable.default is UNSET:
                    raise
        if variable.value is not UNSET:
            return variable.value
        if variable.default is not UNSET:
            return variable.default
        raise Unbound(f"{variable.env} is not set (variable {variable.name})")

    def _of_environment(self, name: str) -> str:
        """Return a value of the environment; the system hands over bytes, and only UTF-8 can be sent."""
        value = self._environment[name]
        if not value.isascii() and any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            raise Unbound(f"the value of {name} is not UTF-8")
        return value

    def _read(self, path: str, used_as: tuple[Source, str]) -> str:
        """Read a secret; one newline at its end is an editor's and not the secret's."""
        max_bytes = MAX_PARSED_BYTES if used_as in self._parsed else MAX_FILE_BYTES
        try:
            text = self._bytes(path, max_bytes).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unbound(f"{path} is not UTF-8") from error
        text = text.removesuffix("\n").removesuffix("\r")
        if not text:
            raise Unbound(f"{path} is empty")
        return text

    def _bytes(self, path: str, max_bytes: int) -> bytes:
        try:
            # A file of that name: what a placeholder names is never standard input.
            return self._files.read("./-" if path == "-" else path, max_bytes)
        except FileTooLarge as error:
            raise Unbound(f"{path} is larger than {max_bytes // 1024} KiB") from error
        except OSError as error:
            raise Unbound(f"{path} cannot be read: {(error.strerror or 'unknown cause').lower()}") from error

    def files(self, used: list[tuple[Reference, Template]]) -> dict[str, Text]:
        """Read every ``${file:...}``."""
        contents: dict[str, Text] = {}
        for reference, template in used:
            if reference.source is not Source.FILE or reference.name in contents:
                continue
            try:
                contents[reference.name] = Secret(self._read(reference.name, (Source.FILE, reference.name)))
            except Unbound as error:
                self._report("E406", template.span, str(error))
        return contents

    def environment(self, used: list[tuple[Reference, Template]]) -> None:
        """Report every ``${NAME}`` that has no value."""
        for reference, template in used:
            if reference.source is not Source.ENV:
                continue
            try:
                value = self._of_environment(reference.name) if reference.name in self._environment else None
            except Unbound as error:
                self._report("E405", template.span, str(error))
                continue
            if reference.default is None and (value is None or (reference.message is not None and not value)):
                self._report("E405", template.span, f"{reference.name} is not set", reference.message)

    def endpoint(self, endpoint: Endpoint, login: Step | None, scope: Scope) -> BoundEndpoint:
        """Give an endpoint its address and credentials."""

        def text(template: Template | None) -> str | None:
            value = None if template is None else self._text(template, scope)
            return None if value is None else reveal(value)

        addresses = [self._address(template, scope) for template in endpoint.addresses]
        if login is None:
            self._check_headers(endpoint, scope)
        self._check_tls_files(endpoint, scope)
        self.found += unreachable(endpoint, scope)
        proxy = self._text(endpoint.proxy, scope) or "none"
        self.secrets += [Secret(reveal(proxy))] if isinstance(proxy, Secret) or "@" in proxy else []
        return BoundEndpoint(
            name=endpoint.name,
            addresses=tuple(address for address in addresses if address is not None),
            socket=text(endpoint.socket),
            source=endpoint,
            login=login,
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

    def _text(self, template: Template, scope: Scope) -> Text | None:
        try:
            return render_text(template, scope)
        except RenderError as error:
            self._report("E408", template.span, f"it cannot be rendered: {error}")
            return None

    def _check_tls_files(self, endpoint: Endpoint, scope: Scope) -> None:
        """A certificate that cannot be read is a mistake of the environment, and costs no retry."""
        for template in (endpoint.tls.ca_file, endpoint.tls.cert_file, endpoint.tls.key_file):
            path = None if template is None else self._text(template, scope)
            if template is None or path is None:
                continue
            try:
                self._bytes(reveal(path), MAX_CERTIFICATE_BYTES)
            except Unbound as error:
                self._report("E406", template.span, str(error))

    def _check_headers(self, endpoint: Endpoint, scope: Scope) -> None:
        try:
            headers = render_headers(endpoint, scope, None)
            if endpoint.basic is not None:
                self.secrets.append(Secret(reveal(render_text(endpoint.basic[1], scope))))
        except RenderError as error:
            self._report("E408", endpoint.span, f"a header or the credentials cannot be rendered: {error}")
            return
        for name, value in headers:
            if isinstance(value, Secret):
                self.secrets.append(value)
            if not is_header_safe(reveal(value)):
                self._report("E407", endpoint.span, f"the value of the header {name} has control characters")

    def _address(self, template: Template, scope: Scope) -> Address | None:
        read = read_address(template, scope)
        if isinstance(read, Diagnostic):
            self.found.append(read)
            return None
        self.secrets += read[1]
        return read[0]
