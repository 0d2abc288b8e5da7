"""``enlist explain``: which class takes an answer, by which line of the file, and what happens then.

The same ``classify`` and ``decide`` as in a run, asked about an answer that somebody describes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from msgspec import Struct, structs

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.output import KNOWN
from runner.commands.reading import load_or_tell
from runner.config.binding.known import known_scope
from runner.config.binding.late import settle
from runner.language.terms import TransportKind, VerbName
from runner.model.bound import Scope
from runner.model.exchange import NO_HEADERS, Exchange, Response, TransportFailure
from runner.model.failure import Failure, Success
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan, Registration, Step, Verb, verbs_of
from runner.ports import Console, Files
from runner.report.explanation import Explanation, render_explanation, render_success
from runner.retry.builtin import built_in_classes
from runner.retry.classify import History, classify
from runner.retry.decide import Ledger, circumstances, decide, policy_of
from runner.values.secret import BOUND, Redactor

NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Question(Struct, frozen=True, kw_only=True):
    """An answer that somebody describes, and whom it is given to."""

    status: int | None = None
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""
    error: TransportKind | None = None
    verb: VerbName = VerbName.REGISTER
    registration: str | None = None
    step: str | None = None
    attempt: int = 1


def explain(
    path: str,
    question: Question,
    files: Files,
    console: Console,
    environment: Mapping[str, str] = NO_ENVIRONMENT,
) -> int:
    """Print what would happen after an answer.

    Args:
        path: the file.
        question: the answer, and where in the file it arrives.
        files: reads the file.
        console: where the explanation goes.
        environment: what variables are read from, as far as it has them.

    Returns:
        0; 1 when the file has errors; 2 when it has no such registration or step.
    """
    if (plan := load_or_tell(path, files, console)) is None:
        return ExitStatus.FINDINGS
    plan = settle(plan, environment, files)[0] or plan
    registration = plan.registrations.get(question.registration or next(iter(plan.registrations)))
    if registration is None:
        console.err(
            f"{path}: no registration {question.registration}; it has {', '.join(plan.registrations)}"
        )
        return ExitStatus.USAGE
    verb = _verb(plan, registration, question.verb)
    steps = {step.name: step for step in (*_logins(plan, verb), *verb.steps)}
    step = steps.get(question.step or verb.steps[-1].name)
    if step is None:
        console.err(f"{path}: no step {question.step}; it has {', '.join(steps)}")
        return ExitStatus.USAGE
    scope, redactor = _known(plan, environment, files)
    verdict = classify(
        step,
        _exchange(question),
        scope,
        history=History(login_is_new=question.attempt > 1),
        now=_MOMENT,
        quote=redactor.quote,
    )
    if isinstance(verdict, Success):
        console.out(render_success(verb, step, verdict))
    else:
        verdict = redactor.mask_fields(verdict)
        explained = _explanation(plan, registration, verb, step, verdict, question.attempt)
        console.out(render_explanation(explained))
    return ExitStatus.OK


def _known(plan: Plan, environment: Mapping[str, str], files: Files) -> tuple[Scope, Redactor]:
    """Return what the environment gives of the values, and what knows the secrets among them."""
    scope, secrets = known_scope(plan, environment, files)
    KNOWN.redactor.hold(BOUND, secrets)
    return scope, KNOWN.redactor


def _verb(plan: Plan, registration: Registration, name: VerbName) -> Verb:
    """The verb of that name; one that the registration has not is asked as it would be with its first step."""
    for verb in verbs_of(registration):
        if verb.name is name:
            return verb
    first = registration.register.steps[0]
    has_login = first.endpoint in plan.logins
    step = structs.replace(first, built_in=built_in_classes(name, has_login=has_login))
    return structs.replace(registration.register, name=name, steps=(step,), policy=None)


def _logins(plan: Plan, verb: Verb) -> Iterator[Step]:
    """The logins of the endpoints that a verb talks to, which are steps by the name of login."""
    for endpoint in {step.endpoint for step in verb.steps}:
        login = plan.logins.get(endpoint)
        if login is not None:
            yield login


def _exchange(question: Question) -> Exchange:
    headers = {name.lower(): value for name, value in question.headers}
    if question.error is None:
        return Response(status=question.status or 200, headers=headers, body=question.body.encode())
    return TransportFailure(
        kind=question.error,
        processed=question.error.usual_processed,
        message=f"a {question.error} error",
        status=question.status,
        headers=headers or NO_HEADERS,
    )


def _explanation(
    plan: Plan, registration: Registration, verb: Verb, step: Step, failure: Failure, attempt: int
) -> Explanation:
    deadline_s = registration.policy.deadline_s or 0.0
    at = circumstances(registration, verb, step, now_s=0.0, deadline_s=deadline_s)
    ledger = Ledger()
    for _ in range(attempt):
        ledger = ledger.charge(failure.failure_class, at.counter, at.now_s)
    return Explanation(
        registration=registration,
        verb=verb,
        step=step,
        failure=failure,
        attempt=attempt,
        policy=policy_of(registration, verb, failure.failure_class),
        deadline_s=deadline_s,
        attempt_timeout_s=plan.endpoints[step.endpoint].attempt_timeout_s,
        decision=decide(failure, ledger, at, lambda: 0.5),
        has_verify=registration.verify is not None,
    )


def run_explain(path: str, question: Question) -> int:
    """Explain an answer; returns the exit status."""
    return explain(path, question, LocalFiles(), StreamConsole(), os.environ)
