"""A plan with the values of one environment: what the engine runs.

The only part of the model that holds secrets, and it holds them as such.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from runner.language.endpoints import Endpoint
from runner.model.plan import Plan, Registration, Step
from runner.model.secret import Secret, Text, Value

Captures = Mapping[str, Mapping[str, Value]]
"""What steps captured, by step and name."""
NO_CAPTURES: Captures = MappingProxyType({})


class BoundTls(Struct, frozen=True, kw_only=True):
    """``Tls`` with its files named."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    verify: bool = True


class Address(Struct, frozen=True):
    """One address of an endpoint, with the credentials that stood in it, which belong to no other."""

    url: Text
    """Without userinfo and without a slash at the end."""
    credentials: Secret | None = None
    """The value of an Authorization header; the endpoint's ``auth`` replaces it."""


class BoundEndpoint(Struct, frozen=True, kw_only=True):
    """An endpoint with its address and credentials."""

    name: str
    addresses: tuple[Address, ...]
    socket: str | None
    source: Endpoint
    """Its headers and credentials are rendered for each request: a login may have renewed them."""
    login: Step | None = None
    """Run when it is first needed; its captures are secret, and ``auth`` and ``headers`` may use them."""
    tls: BoundTls
    proxy: Text
    attempt_timeout_s: float
    connect_timeout_s: float
    max_concurrency: int
    max_response_bytes: int


class Scope(Struct, frozen=True, kw_only=True):
    """What placeholders stand for: bound before the run, and growing by captures during it."""

    variables: Mapping[str, Value]
    environment: Mapping[str, str]
    files: Mapping[str, Text]
    captures: Captures
    item: Value = None
    itself: Mapping[str, str] = field(default_factory=dict)
    """What ``${self:...}`` stands for; the address is known once a registration has a way to its endpoint."""


class BoundPlan(Struct, frozen=True, kw_only=True):
    """A plan with the values of one environment."""

    plan: Plan
    registrations: Mapping[str, Registration]
    """What is registered; how many there are may depend on values, so the plan alone does not know it."""
    endpoints: Mapping[str, BoundEndpoint]
    scope: Scope
    asks_own_ip: bool
    """Whether some step has ``${self:ip}``."""
    secrets: tuple[Secret, ...]
    """Everything secret that binding brought, for the redactor."""
