"""Endpoints: where control planes are, and how to talk to them."""

from typing import Annotated, ClassVar

from runner.language.classes import Classes
from runner.language.key import About, Key, Part
from runner.language.kinds import (
    ANY_TEMPLATE,
    BASE_URL,
    BOOLEAN,
    HEADERS,
    SIZE,
    TEMPLATE,
    TIME,
    integer,
    list_of,
    part,
)
from runner.language.late import or_variable
from runner.language.requests import StepSpec
from runner.language.value import Template

NO_PROXY = Template(("none",))


class Basic(Part, frozen=True, kw_only=True):
    """The user name and password sent as `Authorization: Basic ...`."""

    ABOUT: ClassVar = About(
        name="basic", title="Basic", examples=({"username": "enlist", "password": "${var.password}"},)
    )

    username: Annotated[
        Template,
        Key(
            ANY_TEMPLATE, "User name", "The user name.", ("enlist",), also={"user": ""}, write="add username:"
        ),
    ]
    password: Annotated[
        Template,
        Key(
            ANY_TEMPLATE,
            "Password",
            "The password; better a placeholder than the password itself.",
            ("${file:/run/secrets/password}",),
            write="add password: ${PASSWORD}",
        ),
    ]


class Auth(Part, frozen=True, kw_only=True):
    """Exactly one of `bearer` and `basic`. What stands here is secret."""

    ABOUT: ClassVar = About(
        name="auth",
        title="Authentication",
        examples=({"bearer": "${var.token}"},),
        at_least_one=True,
        at_most_one=True,
    )

    bearer: Annotated[
        Template | None,
        Key(
            TEMPLATE,
            "Bearer token",
            "The token sent as `Authorization: Bearer ...`.",
            ("${var.token}",),
            also={"token": ""},
        ),
    ] = None
    basic: Annotated[Basic | None, Key(part(Basic))] = None


class Login(StepSpec, frozen=True, kw_only=True):
    """A request sent when the endpoint is first used, and once again after a 401.

    Its captures are secret, and are used in `auth` and `headers` as `${login.name}`.
    """

    ABOUT: ClassVar = About(
        name="login",
        title="Login",
        examples=({"request": {"method": "POST", "path": "/login"}, "capture": {"token": "access_token"}},),
        but=("name", "when"),
    )


class Tls(Part, frozen=True, kw_only=True):
    """Certificates for https.

    Without it the system's certificate authorities are trusted; TLS 1.2 is the least.
    """

    ABOUT: ClassVar = About(name="tls", title="TLS", examples=({"ca_file": "/etc/ssl/engine-ca.pem"},))

    ca_file: Annotated[
        Template | None,
        Key(
            TEMPLATE,
            "CA file",
            "A PEM file of the authorities to trust, in place of the system's.",
            ("/etc/ssl/engine-ca.pem",),
            also={"ca": ""},
        ),
    ] = None
    cert_file: Annotated[
        Template | None,
        Key(
            TEMPLATE,
            "Client certificate",
            "A PEM file with the certificate that we show.",
            ("/run/secrets/client.pem",),
            also={"cert": ""},
        ),
    ] = None
    key_file: Annotated[
        Template | None,
        Key(
            TEMPLATE,
            "Client key",
            "A PEM file with the key of the client certificate.",
            ("/run/secrets/client.key",),
            also={"key": ""},
        ),
    ] = None
    server_name: Annotated[
        Template | None,
        Key(
            TEMPLATE,
            "Server name",
            "The name that the server's certificate must carry, where it is not the host of the URL.",
            ("engine.internal",),
            also={"sni": ""},
        ),
    ] = None
    verify: Annotated[
        bool,
        Key(
            or_variable(BOOLEAN),
            "Verify",
            "Check the server's certificate. The default is true; false is for tests on one's own machine.",
            (False,),
            also={"insecure": "verify: false"},
        ),
    ] = True


class Endpoint(Part, frozen=True, kw_only=True):
    """A control plane: where it is, how to log in and how much to ask of it.

    Needs `url`, or `urls` where there are several addresses.
    """

    ABOUT: ClassVar = About(
        name="endpoint",
        title="Endpoint",
        examples=({"url": "http://127.0.0.1:6420", "attempt_timeout": "15s"},),
        one_of=("urls", "url"),
    )

    name: str
    url: Annotated[
        Template | None,
        Key(
            BASE_URL,
            also={"uri": "", "address": "", "host": "", "base_url": ""},
            write="add url: http://host:port",
        ),
    ] = None
    urls: Annotated[
        tuple[Template, ...],
        Key(
            list_of(BASE_URL, least=1),
            "URLs",
            "Several addresses of one control plane. When a failure is to be retried, the next "
            "address is tried at once.",
            (["http://etcd-0:2379", "http://etcd-1:2379"],),
        ),
    ] = ()
    socket: Annotated[
        Template | None,
        Key(
            TEMPLATE,
            "Unix socket",
            "The path of a unix socket to connect to; `url` still gives the host name and the scheme.",
            ("/var/run/docker.sock",),
        ),
    ] = None
    headers: Annotated[tuple[tuple[str, Template], ...], Key(HEADERS)] = ()
    auth: Annotated[Auth | None, Key(part(Auth))] = None
    login: Annotated[StepSpec | None, Key(part(Login))] = None
    tls: Annotated[Tls, Key(part(Tls))] = Tls()
    proxy: Annotated[
        Template,
        Key(
            TEMPLATE,
            "Proxy",
            "`none`, `env` (HTTP_PROXY and its companions), or the URL of a proxy.",
            ("env", "http://proxy:3128"),
        ),
    ] = NO_PROXY
    attempt_timeout_s: Annotated[
        float,
        Key(
            or_variable(TIME),
            "Attempt timeout",
            "How long one request may take from connecting to the last byte.",
            ("5s",),
            also={"timeout": ""},
        ),
    ] = 15.0
    connect_timeout_s: Annotated[
        float,
        Key(
            or_variable(TIME),
            "Connect timeout",
            "How long name lookup, all addresses and the TLS handshake may take together.",
            ("1s",),
        ),
    ] = 3.0
    max_concurrency: Annotated[
        int,
        Key(
            or_variable(integer(least=1, most=1024)),
            "Concurrent requests",
            "How many requests may be under way at the same time.",
            (4,),
        ),
    ] = 16
    max_rate: Annotated[
        int | None,
        Key(
            or_variable(integer(least=1, most=100_000)),
            "Requests a second",
            "How many requests may begin in any second, those of all registrations together. Without it, there is no "
            "limit.",
            (50,),
            also={"rate": "", "rate_limit": "", "rps": "", "requests_per_second": ""},
        ),
    ] = None
    max_response_bytes: Annotated[
        int,
        Key(
            or_variable(SIZE),
            "Largest response",
            "The largest response body that is read, with its unit.",
            ("64KiB",),
        ),
    ] = 1024 * 1024
    classes: Classes = ()

    @property
    def addresses(self) -> tuple[Template, ...]:
        """All its addresses, in the order in which they are tried."""
        return self.urls if self.url is None else (self.url,)

    @property
    def bearer(self) -> Template | None:
        """The token that it is asked with."""
        return None if self.auth is None else self.auth.bearer

    @property
    def basic(self) -> tuple[Template, Template] | None:
        """The user name and password that it is asked with."""
        basic = None if self.auth is None else self.auth.basic
        return None if basic is None else (basic.username, basic.password)
