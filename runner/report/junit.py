"""A run as JUnit XML, for whatever shows test results.

A registration is a test case. ``<failure>`` means that a control plane answered and a class said no; ``<error>``
that nobody knows what it would have said: the transport, an unknown outcome, an interruption, a bug. Retries follow
Surefire, whose elements CI systems count as flaky: a registration that succeeded has one ``<flakyFailure>`` for each
attempt that was lost on the way. An optional registration that failed is skipped: a build is red when the exit
status is not 0, and only then.
"""

from collections.abc import Iterable, Iterator

from runner.language.terms import OutcomeState
from runner.model.outcome import Attempt, ExitStatus, Outcome, Report
from runner.report.escape import xml
from runner.report.lost import answer_of, lost_of, place_of
from runner.report.story import decision_of, why_of
from runner.report.summary import describe_outcome

_PASSED, _SKIPPED, _FAILURE, _ERROR = "passed", "skipped", "failure", "error"


def render_junit(report: Report) -> str:
    """Return one test suite, with a test case for each registration."""
    verdicts = _verdicts(report)
    counts = (
        f'tests="{len(verdicts)}" failures="{verdicts.count(_FAILURE)}" errors="{verdicts.count(_ERROR)}"'
        f' skipped="{verdicts.count(_SKIPPED)}" time="{report.elapsed_s:.3f}"'
    )
    started = report.started_at.isoformat(timespec="seconds")
    about = {
        "enlist.version": report.enlist_version,
        "enlist.plan_sha256": report.plan_sha256,
        "enlist.exit_status": int(report.exit_status),
        "enlist.interrupted": str(report.interrupted).lower(),
    }
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="enlist" {counts}>',
        f'  <testsuite name="{xml(report.file)}" {counts} timestamp="{started}">',
        *_properties(about, "    "),
        *(
            line
            for outcome, verdict in zip(report.outcomes, verdicts, strict=True)
            for line in _case(report, outcome, verdict)
        ),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _verdicts(report: Report) -> list[str]:
    verdicts = [_verdict_of(outcome) for outcome in report.outcomes]
    if report.exit_status != ExitStatus.OK and not {_FAILURE, _ERROR} & set(verdicts):
        # What is required was skipped for something optional that failed; somebody has to be told.
        return [
            _ERROR if each.required and each.exit_status != ExitStatus.OK else verdict
            for each, verdict in zip(report.outcomes, verdicts, strict=True)
        ]
    return verdicts


def _verdict_of(outcome: Outcome) -> str:
    if outcome.state.succeeded:
        return _PASSED
    if outcome.state is OutcomeState.SKIPPED or not outcome.required:
        return _SKIPPED
    deciding = outcome.deciding
    answered = deciding is not None and deciding.error_kind is None
    said_no = (
        outcome.state in {OutcomeState.FAILED, OutcomeState.LOST}
        and answered
        and outcome.exit_status != ExitStatus.BUG
    )
    return _FAILURE if said_no else _ERROR


def _case(report: Report, outcome: Outcome, verdict: str) -> Iterator[str]:
    took_s = outcome.ended_s - outcome.started_s
    yield f'    <testcase name="{xml(outcome.registration)}" classname="{xml(report.file)}" time="{took_s:.3f}">'
    yield from _properties(_facts(outcome), "      ")
    if verdict == _PASSED:
        for attempt in lost_of(outcome):
            yield from _flaky(attempt)
    elif verdict == _SKIPPED:
        words = why_of(outcome) or outcome.state
        if outcome.state is not OutcomeState.SKIPPED:
            words = f"optional, and {outcome.state}: {'; '.join(map(str.strip, describe_outcome(outcome)[1:])) or words}"
        yield f'      <skipped message="{xml(words)}"/>'
    else:
        kind = xml(outcome.class_name or outcome.state)
        story = [*describe_outcome(outcome), *map(_in_words, outcome.attempts)]
        words = f': "{outcome.server_message}"' if outcome.server_message else ""
        yield f'      <{verdict} message="{xml((why_of(outcome) or outcome.state) + words)}" type="{kind}">'
        yield "\n".join(map(xml, story)) + f"</{verdict}>"
    yield "    </testcase>"


def _facts(outcome: Outcome) -> dict[str, object]:
    waits = [attempt.wait_s for attempt in outcome.attempts if attempt.wait_s is not None]
    facts = {
        "outcome": outcome.state,
        "required": str(outcome.required).lower(),
        "attempts": outcome.requests,
        "waits": len(waits),
        "waited_s": f"{sum(waits):.3f}",
        "class": outcome.class_name,
        "reason": outcome.reason,
        "exit_status": int(outcome.exit_status),
        "deregistration": outcome.deregistration,
        "place": outcome.span,
        **_beats(outcome),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _beats(outcome: Outcome) -> dict[str, object]:
    beats = outcome.beats
    if beats is None:
        return {}
    last = beats.last_good_at
    at = None if last is None else last.isoformat(timespec="milliseconds")
    return {
        "standing": outcome.standing,
        "beats": beats.sent,
        "beats_missed": beats.missed,
        "last_good_beat": at,
    }


def _properties(facts: dict[str, object], indent: str) -> Iterable[str]:
    rows = (f'{indent}  <property name="{xml(name)}" value="{xml(value)}"/>' for name, value in facts.items())
    return [f"{indent}<properties>", *rows, f"{indent}</properties>"]


def _flaky(attempt: Attempt) -> Iterator[str]:
    yield f'      <flakyFailure message="{xml(attempt.message)}" type="{xml(attempt.class_name)}">'
    yield f"        <stackTrace>{xml(_in_words(attempt))}</stackTrace>"
    yield "      </flakyFailure>"


def _in_words(attempt: Attempt) -> str:
    taken = f", {attempt.class_name}: {attempt.message}; {decision_of(attempt)}" if attempt.class_name else ""
    request = f"{attempt.method} {attempt.url}"
    return f"{attempt.started_s:.3f} s {place_of(attempt)} #{attempt.number}: {request}: {answer_of(attempt)}{taken}"
