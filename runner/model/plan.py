"""A compiled file: names resolved, scopes flattened, defaults filled in.

``Plan`` is the waist of the program. All that reads text ends in one, all that talks to servers begins
with one; it holds templates, spans and references, and neither secrets nor environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from runner.model.diagnostic import Diagnostic, Span
from runner.model.exchange import Processed, TransportKind
from runner.model.lifecycle import DeregisterWhen, Lifecycle
from runner.model.outcome import ExitStatus, VerbName
from runner.model.script import ScriptedTest
from runner.model.value import Condition, Document, Json, Named, StatusSet, Template


class Jitter(StrEnum):
    """How a wait is drawn below its ceiling; the names are those of the AWS article on backoff."""

    FULL = "full"
    EQUAL = "equal"
    NONE = "none"


class Action(StrEnum):
    """What a failure class does."""

    RETRY = "retry"
    START_OVER = "start_over"
    FAIL = "fail"
    SUCCEED = "succeed"
    """It is there already, and somebody else's."""
    ADOPT = "adopt"
    """It is there already, and ours: an earlier life of this instance made it."""

    @property
    def counts_as_success(self) -> bool:
        """Whether the step is done with."""
        return self in {self.SUCCEED, self.ADOPT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The waits between attempts, in seconds."""

    initial_s: float = 0.2
    multiplier: float = 2.0
    max_s: float = 5.0
    jitter: Jitter = Jitter.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, how long and how fast."""

    name: str
    attempts: int | None = 20
    """Requests in all, the first included; none is unlimited."""
    deadline_s: float | None = None
    """Bounds waits and the attempt in flight; none leaves it to the policy around this one."""
    backoff: Backoff = Backoff()
    honor_retry_after: bool = True
    retry_after_max_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Conditions on one attempt that must all hold; what is none is not asked."""

    status: StatusSet | None = None
    kinds: frozenset[TransportKind] | None = None
    body: tuple[Named, ...] = ()
    headers: tuple[Named, ...] = ()
    text: Condition | None = None
    processed: frozenset[Processed] | None = None
    expectation_unmet: bool = False
    """The status was as expected and the rest was not; only the built-in ``pending`` asks this."""
    renewable_login: bool = False
    """The endpoint's login was not just renewed; only the built-in ``expired`` asks this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureClass:
    """One name for some failures, and what is done about them."""

    name: str
    action: Action
    match: tuple[Match, ...]
    """It takes an attempt when one of these holds."""
    policy: RetryPolicy | None = None
    """Its own counter and deadline; none shares those of the registration."""
    exit_status: int | None = None
    hint: str | None = None
    message: str | None = None
    """A JMESPath to the server's own words."""
    span: Span | None = None
    """Where the file declares it; none for a built-in as it comes."""

    @property
    def final_status(self) -> int:
        """The exit status when this class ends a registration."""
        if self.exit_status is not None:
            return self.exit_status
        return ExitStatus.TRANSIENT if self.retries else ExitStatus.REJECTED

    @property
    def retries(self) -> bool:
        """Whether the class asks for another attempt."""
        return self.action in {Action.RETRY, Action.START_OVER}


class BodyKind(StrEnum):
    """How a request's body is encoded."""

    JSON = "json"
    FORM = "form"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTemplate:
    """A request before rendering."""

    method: str
    path: Template
    query: Document
    headers: tuple[tuple[str, Template], ...]
    body_kind: BodyKind | None
    body: Document
    idempotent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What makes an answer a success."""

    status: StatusSet
    body: tuple[Named, ...] = ()
    headers: tuple[Named, ...] = ()


class CaptureFrom(StrEnum):
    """Which part of an answer a capture reads."""

    BODY = "body"
    HEADER = "header"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A value kept from an answer for later steps."""

    name: str
    source: CaptureFrom
    expression: str
    """A JMESPath, a header's name, or a regular expression whose first group counts."""
    secret: bool
    has_default: bool
    default: Json
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request and how its answer is judged."""

    name: str
    endpoint: str
    request: RequestTemplate
    expect: Expect
    captures: tuple[Capture, ...]
    declared: tuple[FailureClass, ...]
    """The file's classes, innermost first."""
    built_in: tuple[FailureClass, ...]
    """The built-in classes of the step's verb, asked last."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """The steps that register, verify or deregister."""

    name: VerbName
    steps: tuple[Step, ...]
    policy: RetryPolicy | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Something to register: its steps, its proof, its undoing."""

    name: str
    required: bool
    needs: tuple[str, ...]
    policy: RetryPolicy
    register: Verb
    verify: Verb | None
    heartbeat: Verb | None
    heartbeat_every_s: float
    """From one beat to the next; without a heartbeat it means nothing."""
    deregister: Verb | None
    deregister_when: DeregisterWhen
    span: Span


def verbs_of(registration: Registration) -> tuple[Verb, ...]:
    """Return the verbs that a registration has."""
    verbs = (registration.register, registration.verify, registration.heartbeat, registration.deregister)
    return tuple(verb for verb in verbs if verb is not None)


class VariableType(StrEnum):
    """The type of a variable's value."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A typed value that the file asks of its surroundings."""

    name: str
    type: VariableType
    env: str | None
    file: str | None
    has_value: bool
    value: Json
    has_default: bool
    default: Json
    secret: bool
    description: str | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How an endpoint's certificate is checked and which one is shown."""

    ca_file: Template | None = None
    cert_file: Template | None = None
    key_file: Template | None = None
    server_name: Template | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A control plane's address and how to talk to it."""

    name: str
    urls: tuple[Template, ...]
    socket: Template | None
    headers: tuple[tuple[str, Template], ...]
    bearer: Template | None
    basic: tuple[Template, Template] | None
    tls: Tls
    proxy: Template
    attempt_timeout_s: float
    connect_timeout_s: float
    max_concurrency: int
    max_response_bytes: int
    login: Step | None = None
    """Run when first needed; its captures are secret, and ``auth`` and ``headers`` may use them."""
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole file, compiled."""

    file: str
    sha256: str
    variables: Mapping[str, Variable]
    endpoints: Mapping[str, Endpoint]
    registrations: Mapping[str, Registration]
    tests: tuple[ScriptedTest, ...]
    reports: Mapping[str, str]
    """Report form to file name."""
    bodies: bool
    """Whether reports keep the bodies of responses."""
    lifecycle: Lifecycle
    not_yet: tuple[Diagnostic, ...]
    """What the file asks for and this version cannot do; ``run`` refuses, it never ignores."""
