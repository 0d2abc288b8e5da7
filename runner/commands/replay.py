"""``enlist explain --report``: an earlier run once more, with its answers and the file as it is now.

The engine is that of ``run``, in virtual time. What the file would send is left out, since no answer depends on it
any more; so this needs no credentials, and of the environment only what conditions compare with.
"""

import os
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, structs

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.output import KNOWN
from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.recorded import RecordedTransport
from runner.commands.api import Silent
from runner.commands.hindsight import Hindsight
from runner.commands.reading import load_or_tell
from runner.config.binding.bind import bind
from runner.language.endpoints import NO_PROXY, Endpoint, Tls
from runner.language.lifecycle import Lifecycle
from runner.language.reports import Reports
from runner.language.requests import RequestTemplate
from runner.language.terms import OutcomeState, TransportKind, VerbName
from runner.language.units import format_duration
from runner.language.value import MapNode, Template
from runner.model.outcome import Attempt, ExitStatus, Outcome, Report
from runner.model.plan import Plan, Step, Verb, verbs_of
from runner.ports import Console, Files, FileTooLarge, Transport, WallClock
from runner.report.diagnostics import count_in_words, render_diagnostic
from runner.report.recorded import MAX_BYTES, NotAReport, read_report
from runner.report.replay_text import Compared, Pair, Replay, render_replay
from runner.session.ports import Ports
from runner.session.session import Session
from runner.session.surroundings import with_ports
from runner.values.printable import printable
from runner.values.secret import BOUND

_UNDONE = {OutcomeState.DEREGISTERED, OutcomeState.SKIPPED, OutcomeState.CANCELLED}
"""How all of a run of ``deregister`` may end without a request; one of ``run`` has begun something, or tells nothing."""


class Recorded(Transport, Protocol):
    """Gives recorded answers, and keeps account of them."""

    asked: dict[str, list[Attempt]]
    ended: dict[str, tuple[str, str]]


class RecordedWorld(Struct, frozen=True, kw_only=True):
    """How a run is played again: the adapters of virtual time, as functions."""

    run: Callable[[Coroutine[Any, Any, Report]], Report]
    transport: Callable[[Report], Recorded]
    clock: WallClock


class ReplayRequest(Struct, frozen=True, kw_only=True):
    """What to play: the file, the report, and one registration where only that is asked about."""

    file: str
    report: str
    registration: str | None = None


def replay(
    this: ReplayRequest, environment: Mapping[str, str], files: Files, console: Console, world: RecordedWorld
) -> int:
    """Print what a file would have made of the answers of an earlier run.

    Returns:
        0; 1 when the file has errors or the report is none; 2 when there is no such report, or it is of another file.
    """
    plan = load_or_tell(this.file, files, console, environment)
    if plan is None:
        return ExitStatus.FINDINGS
    try:
        recorded = _read(this, plan, files)
    except _Unusable as error:
        console.err(printable(f"{this.report}: the report cannot be used: {error}"))
        return error.status
    bound, missing = bind(_without_requests(plan), environment, files, verbs=tuple(VerbName))
    if bound is None:
        for finding in missing:
            console.err(render_diagnostic(finding, ()))
        console.err(f"{this.file}: {count_in_words(missing)}; conditions compare answers with these values")
        return ExitStatus.FINDINGS
    KNOWN.redactor.hold(BOUND, bound.secrets)
    recorded = KNOWN.redactor.mask_fields(recorded)
    transport, classifier = world.transport(recorded), Hindsight()
    ports = Ports(
        transport=transport, reporter=Silent(), clock=world.clock, random=lambda: 0.5, classifier=classifier
    )
    undo = all(each.state in _UNDONE or _undoes(each) for each in recorded.outcomes)
    session = Session(bound, with_ports(ports))
    now = world.run(session.deregister() if undo else session.register())
    console.out(render_replay(_compare(this, plan, recorded, now, transport, tuple(classifier.assumed))))
    return ExitStatus.OK


def _undoes(outcome: Outcome) -> bool:
    return any(attempt.verb is VerbName.DEREGISTER for attempt in outcome.attempts)


class _Unusable(Exception):
    def __init__(self, message: str, status: ExitStatus) -> None:
        super().__init__(message)
        self.status = status


def _read(this: ReplayRequest, plan: Plan, files: Files) -> Report:
    try:
        recorded = read_report(files.read(this.report, MAX_BYTES))
    except OSError as error:
        raise _Unusable((error.strerror or "unknown cause").lower(), ExitStatus.USAGE) from error
    except FileTooLarge as error:
        raise _Unusable(f"it is larger than {MAX_BYTES // 2**20} MiB", ExitStatus.FINDINGS) from error
    except NotAReport as error:
        raise _Unusable(str(error), ExitStatus.FINDINGS) from error
    recorded_names = [each.registration for each in recorded.outcomes]
    names = dict.fromkeys([*plan.registrations, *recorded_names])
    if not plan.registrations.keys() & set(recorded_names):
        other = f"it is of {recorded.file}, and has no registration of {plan.file}"
        raise _Unusable(other, ExitStatus.USAGE)
    if this.registration not in (None, *names):
        raise _Unusable(f"no registration {this.registration}; there is {', '.join(names)}", ExitStatus.USAGE)
    return recorded


def _without_requests(plan: Plan) -> Plan:
    """The plan with nothing to render: answers are classified, and nothing is sent."""
    registrations = {
        name: structs.replace(
            each,
            register=_bare_verb(each.register),
            verify=each.verify and _bare_verb(each.verify),
            heartbeat=None,
            deregister=each.deregister and _bare_verb(each.deregister),
        )
        for name, each in plan.registrations.items()
    }
    endpoints = {name: _bare_endpoint(each) for name, each in plan.endpoints.items()}
    logins = {name: _bare_step(each) for name, each in plan.logins.items()}
    return structs.replace(
        plan,
        registrations=registrations,
        endpoints=endpoints,
        logins=logins,
        reports=Reports(),
        lifecycle=Lifecycle(),
    )


def _bare_verb(verb: Verb) -> Verb:
    return structs.replace(verb, steps=tuple(map(_bare_step, verb.steps)))


def _bare_step(step: Step) -> Step:
    request = RequestTemplate(
        method=step.request.method,
        path=Template(("/",), step.span),
        query=MapNode(()),
        headers=(),
        idempotent=step.request.idempotent,
    )
    return structs.replace(step, request=request)


def _bare_endpoint(endpoint: Endpoint) -> Endpoint:
    numbers = range(len(endpoint.addresses))
    return structs.replace(
        endpoint,
        url=None,
        urls=tuple(Template((f"http://address-{each}",)) for each in numbers),
        socket=None,
        headers=(),
        auth=None,
        tls=Tls(),
        proxy=NO_PROXY,
    )


def _compare(
    this: ReplayRequest,
    plan: Plan,
    recorded: Report,
    now: Report,
    transport: Recorded,
    assumed: Sequence[str],
) -> Replay:
    before = {each.registration: each for each in recorded.outcomes}
    after = {each.registration: _without_the_end(each, transport) for each in now.outcomes}
    undecided = _undecided(plan, after, transport)
    compared = [
        Compared(
            name=name,
            then=before.get(name),
            now=after.get(name),
            pairs=tuple(_pairs(plan, before.get(name), after.get(name), transport.asked.get(name, ()))),
            undecided=undecided.get(name),
        )
        for name in dict.fromkeys([*after, *before])
        if this.registration in (None, name)
    ]
    is_open = any(plan.registrations[name].required for name in undecided)
    return Replay(
        recorded=recorded,
        source=this.report,
        file=plan.file,
        same_file=plan.sha256 == recorded.plan_sha256,
        compared=compared,
        exit_status=None if is_open else now.exit_status,
        assumed=assumed,
    )


def _without_the_end(outcome: Outcome, transport: Recorded) -> Outcome:
    """The request that the recording has no answer to was never made."""
    if outcome.registration not in transport.ended:
        return outcome
    made = tuple(each for each in outcome.attempts if each.error_kind is not TransportKind.CANCELLED)
    return structs.replace(outcome, attempts=made)


def _undecided(plan: Plan, after: Mapping[str, Outcome], transport: Recorded) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for name, (verb, step) in transport.ended.items():
        made = after[name].attempts
        wait_s = made[-1].wait_s if made else None
        if wait_s is not None and (made[-1].verb, made[-1].step) == (verb, step):
            follows = f"the policy would try again in {format_duration(wait_s)}"
        else:
            follows = f"{verb if step == verb else f'{verb}.{step}'} comes next, and was never answered then"
        reasons[name] = f"the recording ends here; {follows}"
    for _ in plan.registrations:
        for name, outcome in after.items():
            needed = next((need for need in plan.registrations[name].needs if need in reasons), None)
            if outcome.state is OutcomeState.SKIPPED and needed is not None:
                reasons.setdefault(name, f"it needs {needed}, which is not decided")
    return reasons


def _pairs(
    plan: Plan, before: Outcome | None, after: Outcome | None, asked: Sequence[Attempt]
) -> Iterator[Pair]:
    recorded = before.attempts if before else ()
    made = {id(then): now for then, now in zip(asked, after.attempts if after else (), strict=False)}
    for then in recorded:
        now = made.pop(id(then), None)
        yield Pair(then=then, now=now, place=_place_of_class(plan, before, now))
    # A login that somebody else's request needed first then.
    yield from (Pair(then=None, now=now) for now in made.values())


def _place_of_class(plan: Plan, outcome: Outcome | None, attempt: Attempt | None) -> str:
    registration = plan.registrations.get(outcome.registration) if outcome else None
    if registration is None or attempt is None or attempt.class_name is None:
        return ""
    steps = (step for verb in verbs_of(registration) if verb.name is attempt.verb for step in verb.steps)
    classes = (
        each for step in steps if step.name == attempt.step for each in (*step.declared, *step.built_in)
    )
    return next((str(each.span) for each in classes if each.name == attempt.class_name and each.span), "")


def run_replay(path: str, report: str, registration: str | None) -> int:
    """Play a recorded run again; returns the exit status."""
    world = RecordedWorld(run=run_virtually, transport=RecordedTransport, clock=VirtualClock())
    request = ReplayRequest(file=path, report=report, registration=registration)
    return replay(request, os.environ, LocalFiles(), StreamConsole(), world)
