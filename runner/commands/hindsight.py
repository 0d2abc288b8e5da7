"""Classifying the answers of an earlier run by the file as it is now.

A report has the status of an answer, seldom its body, and never its headers. What a class or an expectation asks of
a part that was not kept is taken to be as it was then; each such assumption is noted, so that it can be said.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import structs

from runner.engine.context import Classifier
from runner.language.classes import Match
from runner.language.requests import CaptureFrom
from runner.language.terms import Processed, Reason
from runner.language.value import Source
from runner.model.bound import Scope
from runner.model.decision import Decision, GiveUp
from runner.model.exchange import Exchange
from runner.model.failure import Failure, Success
from runner.model.outcome import Attempt
from runner.model.plan import FailureClass, Step
from runner.model.recording import RecordedFailure, RecordedResponse
from runner.model.secret import MASK, reveal
from runner.ports import Random
from runner.report.lost import place_of
from runner.retry.answer import Quote
from runner.retry.classify import History, classify
from runner.retry.decide import Circumstances, Ledger, decide, wait_s
from runner.retry.retry_after import asked
from runner.values.walk import references_in

_UNMET = ("pending", "unexpected")
"""The built-in classes of answers whose status was as expected."""
_NOT_KEPT = "(not kept)"
_MOST = 1 - 1e-9
_ROUNDED_S = 0.001


class _Remembered(Failure, frozen=True, kw_only=True):
    """A failure that knows what followed it then."""

    then: Attempt


class Hindsight(Classifier):
    """Classifies what was recorded; ``assumed`` grows by what it had to assume, in words."""

    def __init__(self) -> None:
        self.assumed: dict[str, None] = {}
        self._guessed: set[str] = set()
        """The steps whose captures nobody knows."""

    def classify(
        self, step: Step, exchange: Exchange, scope: Scope, *, history: History, now: datetime, quote: Quote
    ) -> Failure | Success:
        """See ``retry.classify``."""

        def classify_as(known: Step) -> Failure | Success:
            return classify(known, exchange, scope, history=history, now=now, quote=quote)

        if isinstance(exchange, RecordedResponse):
            verdict = self._classify(step, exchange, classify_as)
        else:
            verdict = classify_as(step)
        if isinstance(verdict, Success) or not isinstance(exchange, RecordedResponse | RecordedFailure):
            return verdict
        fields = {name: getattr(verdict, name) for name in Failure.__struct_fields__}
        return _Remembered(**fields, then=exchange.then)

    def decide(self, failure: Failure, ledger: Ledger, at: Circumstances, random: Random) -> Decision:
        """See ``retry.decide``; where the wait of then can still be drawn, it is drawn again."""
        if not isinstance(failure, _Remembered):
            return decide(failure, ledger, at, random)
        if failure.then.reason is Reason.DEADLINE:
            ended = decide(failure, ledger, at, lambda: _MOST)
            return ended if isinstance(ended, GiveUp) else decide(failure, ledger, at, random)
        if failure.then.wait_s is None:
            return decide(failure, ledger, at, random)
        chance = _chance_of(failure.then.wait_s, failure, ledger, at)
        return decide(failure, ledger, at, random if chance is None else lambda: chance)

    def _classify(
        self, step: Step, exchange: RecordedResponse, classify_as: Callable[[Step], Failure | Success]
    ) -> Failure | Success:
        then, knows_body = exchange.then, _knows_body(exchange.then)
        classified_by = [_as_known(each, then, knows_body=knows_body) for each in step.declared]
        lenient = self._lenient(step, knows_body=knows_body)
        known = structs.replace(lenient, declared=tuple(classified_by))
        verdict = classify_as(known)
        taken = verdict.failure_class if isinstance(verdict, Failure) else None
        asked = classified_by.index(taken) + 1 if taken in classified_by else len(classified_by)
        for written, used in zip(step.declared[:asked], classified_by[:asked], strict=True):
            if written != used and _may_take(written, then):
                takes = "takes" if used is taken else "does not take"
                self._assume(
                    f"class {written.name} {takes} the {then.status} of {place_of(then)}",
                    knows_body=knows_body,
                )
        if isinstance(verdict, Failure):
            return verdict
        if lenient == step:
            return verdict
        unmet = next((each for each in step.built_in if each.name == then.class_name in _UNMET), None)
        still = "is still not" if unmet else "is still" if then.class_name is None else "is"
        self._assume(f"the {then.status} of {place_of(then)} {still} as expected", knows_body=knows_body)
        if unmet is None:
            self._guessed.add(step.name)
            return verdict
        message = then.message or f"answered {then.status}"
        return Failure(failure_class=unmet, processed=Processed.STARTED, message=message, status=then.status)

    def _assume(self, what: str, *, knows_body: bool) -> None:
        self.assumed[
            f"{what}: {'headers' if knows_body else 'its body'} {'are' if knows_body else 'was'} not kept"
        ] = None

    def _lenient(self, step: Step, *, knows_body: bool) -> Step:
        """The step without what it expects of parts that nobody knows."""
        asked = (ref for named in step.expect.body for ref, _ in references_in(named))
        sure = knows_body and not any(
            ref.source is Source.CAPTURE and ref.name in self._guessed for ref in asked
        )
        captures = tuple(
            capture
            if knows_body and capture.source is not CaptureFrom.HEADER
            else structs.replace(capture, body=None, text=None, header="-", default=_NOT_KEPT)
            for capture in step.captures
        )
        expect = structs.replace(step.expect, headers=(), body=step.expect.body if sure else ())
        return structs.replace(step, expect=expect, captures=captures)


def _knows_body(then: Attempt) -> bool:
    """Whether the body is there, whole, and without masks in the place of values."""
    return then.body is not None and then.body_note is None and MASK not in reveal(then.body)


def _as_known(written: FailureClass, then: Attempt, *, knows_body: bool) -> FailureClass:
    """The class with what it can be asked of an answer that is known in part; if it took it then, it still does."""
    same = written.name == then.class_name
    match = tuple(
        structs.replace(each, headers=(), body=(), text=None)
        if _asks_more(each, knows_body=knows_body)
        else each
        for each in written.match
        if same or not _asks_more(each, knows_body=knows_body)
    )
    return structs.replace(written, match=match)


def _asks_more(match: Match, *, knows_body: bool) -> bool:
    return bool(match.headers) or (not knows_body and (bool(match.body) or match.text is not None))


def _may_take(written: FailureClass, then: Attempt) -> bool:
    return any(
        each.kinds is None and (each.status is None or then.status in each.status) for each in written.match
    )


def _chance_of(wanted_s: float, failure: Failure, ledger: Ledger, at: Circumstances) -> float | None:
    """The chance by which the policy draws a wait; none when it never does."""
    policy = failure.failure_class.policy or at.policy
    asked_s = asked(policy, failure.retry_after_s).wait_s
    failures = ledger.failures.get(failure.failure_class.name, 1)

    def drawn_s(chance: float) -> float:
        return wait_s(policy, failures, asked_s, lambda: chance)

    low, high = 0.0, _MOST
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if drawn_s(middle) < wanted_s else (low, middle)
    return high if abs(drawn_s(high) - wanted_s) <= _ROUNDED_S else None
