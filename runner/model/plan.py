"""A compiled file: names resolved, scopes flattened, defaults filled in.

``Plan`` is the waist of the program. All that reads text ends in one, all that talks to servers begins
with one; it holds templates, spans and references, and neither secrets nor environment.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec import Struct

from runner.language.classes import Action, Match
from runner.language.endpoints import Endpoint
from runner.language.file import Variable
from runner.language.late import Late
from runner.language.lifecycle import Lifecycle
from runner.language.policies import RetryPolicy
from runner.language.registrations import DeregisterWhen
from runner.language.reports import Reports
from runner.language.requests import Capture, Expect, RequestTemplate
from runner.language.span import Span
from runner.language.stories import ScriptedTest
from runner.language.terms import Cause, VerbName
from runner.language.value import Json, Name, Named, Template
from runner.model.diagnostic import Diagnostic
from runner.model.outcome import ExitStatus


class FailureClass(Struct, frozen=True, kw_only=True):
    """One name for some failures, and what is done about them."""

    name: str
    action: Action
    match: tuple[Match, ...]
    """It takes an attempt when one of these holds."""
    policy: RetryPolicy | None = None
    """Its own counter and deadline; none shares those of the registration."""
    exit_status: int | None = None
    hint: str | None = None
    message: str | Template | None = None
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


class Step(Struct, frozen=True, kw_only=True):
    """One request and how its answer is classified."""

    name: str
    endpoint: str
    request: RequestTemplate
    when: tuple[Named, ...] = ()
    """Conditions on captures; where one does not hold, the step is skipped."""
    expect: Expect
    captures: tuple[Capture, ...]
    declared: tuple[FailureClass, ...]
    """The file's classes, innermost first."""
    built_in: tuple[FailureClass, ...]
    """The built-in classes of the step's verb, asked last."""
    span: Span


class Verb(Struct, frozen=True, kw_only=True):
    """The steps that register, verify or deregister."""

    name: VerbName
    steps: tuple[Step, ...]
    policy: RetryPolicy | None
    span: Span


class Registration(Struct, frozen=True, kw_only=True):
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
    give_up_after: int
    """So many refused beats in a row, or re-registrations without a good one, make it lost."""
    deregister: Verb | None
    deregister_when: DeregisterWhen
    span: Span
    use: Name | None = None
    """The recipe that says what is sent, and where the file names it."""

    @property
    def may_be_undone(self) -> bool:
        """Whether some end of the run undoes it."""
        return any(map(self.is_undone_on, Cause))

    def is_undone_on(self, cause: Cause) -> bool:
        """Whether it is undone when the run ends for a cause."""
        return self.deregister is not None and self.deregister_when.holds_for(cause)


def verbs_of(registration: Registration) -> tuple[Verb, ...]:
    """Return the verbs that a registration has."""
    verbs = (registration.register, registration.verify, registration.heartbeat, registration.deregister)
    return tuple(verb for verb in verbs if verb is not None)


WithValues: TypeAlias = Callable[[Mapping[str, Json]], "tuple[Plan | None, tuple[Diagnostic, ...]]"]


class Plan(Struct, frozen=True, kw_only=True):
    """A whole file, compiled."""

    file: str
    sha256: str
    variables: Mapping[str, Variable]
    endpoints: Mapping[str, Endpoint]
    logins: Mapping[str, Step]
    """The login of those endpoints that have one: run when first needed; its captures are secret."""
    registrations: Mapping[str, Registration]
    tests: tuple[ScriptedTest, ...]
    reports: Reports
    lifecycle: Lifecycle
    not_yet: tuple[Diagnostic, ...]
    """What the file asks for and this version cannot do; ``run`` refuses, it never ignores."""
    late: tuple[Late, ...] = ()
    """The places whose value a variable gives; until the plan is settled, something stands in for each."""
    with_values: WithValues | None = None
    """Reads the file once more with the values of those variables; none where there is nothing left to settle."""
