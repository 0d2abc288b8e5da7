"""The retry loop of a step, and the steps of a verb in order.

The loop fits on one screen because it only does what ``retry.decide`` says.
"""

import asyncio
import math
from dataclasses import dataclass, replace

from runner.engine import story
from runner.engine.attempt import Progress, Tried, try_once
from runner.engine.context import Context, now_s
from runner.model.exchange import Processed
from runner.model.failure import Decision, Failure, Retry, Succeed, Success
from runner.model.outcome import Attempt
from runner.model.plan import Registration, Scope, Step, Verb
from runner.model.secret import Secret
from runner.model.value import Value
from runner.retry.answer import furthest
from runner.retry.classify import captures_of, classify
from runner.retry.decide import Circumstances, Ledger, decide
from runner.values.document import map_leaves

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """All steps of a verb succeeded; ``already`` when a class said so of the last one that writes."""

    already: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A step ended without success, and this was decided about it."""

    verb: Verb
    step: Step
    failure: Failure
    decision: Decision


class Run:
    """One registration in the course of one run: what it has spent, captured and tried.

    The only place of the engine with state: everything that decides gets it as a value.
    """

    def __init__(self, context: Context, registration: Registration) -> None:
        self.context = context
        self.registration = registration
        self.ledger = Ledger()
        self.scope: Scope = context.bound.scope
        self.attempts: list[Attempt] = []
        self.may_have_taken_effect = False
        """Whether a request that writes was sent and its answer never judged: after a cancellation."""
        self._deadline_s = math.inf
        self._verb_deadlines_s: dict[str, float] = {}
        self._requests: dict[tuple[str, str], int] = {}
        self._processed: dict[tuple[str, str], Processed] = {}

    async def perform(self, verb: Verb) -> Done | Stopped:
        """Run the steps of a verb in order."""
        writing = [step.name for step in verb.steps if step.request.method not in _SAFE_METHODS]
        already = False
        for step in verb.steps:
            stopped = await self._step(verb, step)
            if stopped is not None and not isinstance(stopped.decision, Succeed):
                return stopped
            if writing and step.name == writing[-1]:
                already = stopped is not None
        return Done(already=already)

    def forget_captures(self) -> None:
        """Begin again with what binding gave; what was spent stays spent."""
        self.scope = self.context.bound.scope

    async def _step(self, verb: Verb, step: Step) -> Stopped | None:
        """Try a step until it succeeds (none) or something else is decided."""
        until_s = math.inf
        while True:
            began_s = now_s()
            self._begin(verb, began_s)
            tried = await self._try(verb, step, min(until_s, self._nearest_deadline_s(verb)))
            verdict = self._judge(verb, step, tried)
            if isinstance(verdict, Success):
                self._keep(step, dict(verdict.captures))
                self._record(verb, step, tried, began_s)
                return None
            decision = self._decide(verb, step, verdict)
            self._record(verb, step, tried, began_s, verdict, decision)
            if not isinstance(decision, Retry):
                if isinstance(decision, Succeed):
                    self._keep(step, captures_of(step, tried.exchange))
                return Stopped(verb=verb, step=step, failure=verdict, decision=decision)
            until_s = decision.until_s
            await asyncio.sleep(decision.delay_s)

    def _begin(self, verb: Verb, began_s: float) -> None:
        """Deadlines run from the first request: the registration's, and the verb's own if it has one."""
        if self._deadline_s == math.inf and self.registration.policy.deadline_s is not None:
            self._deadline_s = began_s + self.registration.policy.deadline_s
        if verb.policy is not None and verb.policy.deadline_s is not None:
            self._verb_deadlines_s.setdefault(verb.name, began_s + verb.policy.deadline_s)

    def _nearest_deadline_s(self, verb: Verb) -> float:
        return min(self._deadline_s, self._verb_deadlines_s.get(verb.name, math.inf))

    async def _try(self, verb: Verb, step: Step, until_s: float) -> Tried:
        key = (verb.name, step.name)
        again = key in self._requests
        self._requests[key] = self._requests.get(key, 0) + 1
        progress = Progress()
        try:
            return await try_once(
                self.context, step, self.scope, until_s=until_s, again=again, progress=progress
            )
        except asyncio.CancelledError:
            if progress.sent and step.request.method not in _SAFE_METHODS:
                self.may_have_taken_effect = True
            raise

    def _judge(self, verb: Verb, step: Step, tried: Tried) -> Failure | Success:
        key = (verb.name, step.name)
        earlier = self._processed.get(key, Processed.NEVER)
        verdict = classify(step, tried.exchange, self.scope, earlier=earlier, now=self.context.wall_now())
        processed = verdict.processed if isinstance(verdict, Failure) else Processed.STARTED
        self._processed[key] = furthest(earlier, processed)
        return verdict

    def _decide(self, verb: Verb, step: Step, failure: Failure) -> Decision:
        counter = verb.name if verb.policy is not None else "registration"
        self.ledger = self.ledger.charge(failure.failure_class, counter, now_s())
        at = Circumstances(
            now_s=now_s(),
            policy=verb.policy or self.registration.policy,
            counter=counter,
            deadline_s=self._nearest_deadline_s(verb),
            idempotent=step.request.idempotent,
        )
        return decide(failure, self.ledger, at, self.context.random)

    def _keep(self, step: Step, captures: dict[str, Value]) -> None:
        """Add what a step captured; its secrets are masked from here on."""
        for value in captures.values():
            map_leaves(value, self._learn)
        self.scope = replace(self.scope, captures={**self.scope.captures, step.name: captures})

    def _learn(self, leaf: Value) -> Value:
        if isinstance(leaf, Secret):
            self.context.redactor.learn(leaf)
        return leaf

    def _record(
        self,
        verb: Verb,
        step: Step,
        tried: Tried,
        began_s: float,
        failure: Failure | None = None,
        decision: Decision | None = None,
    ) -> None:
        context = self.context
        attempt = Attempt(
            verb=verb.name,
            step=step.name,
            number=self._requests[verb.name, step.name],
            method=step.request.method,
            url=tried.url,
            started_s=began_s - context.began_s,
            ended_s=context.elapsed_s(),
            status=tried.exchange.status,
            error_kind=failure.kind if failure else None,
            processed=failure.processed if failure else None,
            class_name=failure.failure_class.name if failure else None,
            message=failure.message if failure else None,
            decision=story.in_words(decision) if decision else None,
            wait_s=decision.delay_s if isinstance(decision, Retry) else None,
            request_id=tried.request_id,
        )
        self.attempts.append(attempt)
        if failure is None or decision is None:
            context.tell(story.step_succeeded(self.registration, attempt))
        else:
            context.tell(story.attempt_failed(self.registration, step, attempt, failure, decision))
