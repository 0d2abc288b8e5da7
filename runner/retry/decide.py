"""What happens after a failure: again, from the start, counted as a success, or the end.

A ledger says what the run has spent. It only grows: a success in between, or a failure of another class,
gives nothing back.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from runner.language.classes import Action
from runner.language.policies import RetryPolicy
from runner.language.terms import Processed, Reason
from runner.model.decision import Decision, GiveUp, Retry, StartOver, Succeed
from runner.model.failure import Failure
from runner.model.plan import FailureClass, Registration, Step, Verb
from runner.ports import Random
from runner.retry.backoff import draw_s
from runner.retry.retry_after import asked

_RETRY_AFTER_JITTER = 0.5
"""Up to half of what the server asked is added on top: obeying it to the second sends everybody at once."""

ABSENT_FOR_S = 2.0
"""So long a verification must have said that nothing is there before a request that may have got through is repeated:
a server that was slow to answer may be slow to show the result."""
_ASK_EVERY_S = 0.5

_Count = TypeVar("_Count", int, float)


def _empty() -> MappingProxyType[str, _Count]:
    return MappingProxyType({})


class Ledger(Struct, frozen=True, kw_only=True):
    """What one registration has spent in this run."""

    charged: Mapping[str, int] = field(default_factory=_empty)
    """Failures by attempt counter; each failure is charged to exactly one."""
    failures: Mapping[str, int] = field(default_factory=_empty)
    """Failures by class: the exponent of its backoff."""
    since_s: Mapping[str, float] = field(default_factory=_empty)
    """The first failure of each class, on the loop's clock: where its deadline runs from."""

    def charge(self, failure_class: FailureClass, default_counter: str, now_s: float) -> "Ledger":
        """Return the ledger with one more failure; what counts as a success is not charged."""
        if failure_class.action.counts_as_success:
            return self
        name = failure_class.name
        counter = counter_of(failure_class, default_counter)
        return replace(
            self,
            charged={**self.charged, counter: self.charged.get(counter, 0) + 1},
            failures={**self.failures, name: self.failures.get(name, 0) + 1},
            since_s={name: now_s, **self.since_s},
        )


class Circumstances(Struct, frozen=True, kw_only=True):
    """Where and when a failure happened."""

    now_s: float
    policy: RetryPolicy
    """The policy for classes that have none of their own."""
    counter: str
    """The attempt counter that goes with it."""
    deadline_s: float
    """The nearest deadline around the step, on the loop's clock."""
    idempotent: bool
    untried_addresses: int = 0
    """Other addresses of the endpoint that this round has not tried; the wait comes after the last."""


def policy_of(registration: Registration, verb: Verb, taken: FailureClass | None = None) -> RetryPolicy:
    """Return the policy that holds for a verb, or for a failure of it: the nearest one."""
    return (taken and taken.policy) or verb.policy or registration.policy


def circumstances(
    registration: Registration,
    verb: Verb,
    step: Step,
    *,
    now_s: float,
    deadline_s: float,
    untried_addresses: int = 0,
) -> Circumstances:
    """Return where and when a step failed: a verb with a policy of its own has a counter of its own."""
    return Circumstances(
        now_s=now_s,
        policy=policy_of(registration, verb),
        counter="registration" if verb.policy is None else verb.name,
        deadline_s=deadline_s,
        idempotent=step.request.idempotent,
        untried_addresses=untried_addresses,
    )


def says_absent(step: Step, failure: Failure) -> bool:
    """Whether a verification says that nothing is there; an answer such as 202 says that something is under way."""
    name = failure.failure_class.name
    return name == "missing" or (name == "pending" and failure.status in step.expect.status)


def decide_absent(since_s: float, at: Circumstances) -> Decision:
    """Decide what follows when a verification finds nothing of a request that may have been processed.

    Args:
        since_s: since when it has found nothing, on the loop's clock.
        at: where and when.

    Returns:
        Another look, or the end of looking: for good only once nothing was there for long enough.
    """
    left_s = since_s + ABSENT_FOR_S - at.now_s
    if left_s <= 0:
        return GiveUp(Reason.VERIFY)
    delay_s = min(_ASK_EVERY_S, left_s)
    if at.now_s + delay_s >= at.deadline_s:
        return GiveUp(Reason.DEADLINE)
    return Retry(delay_s, at.deadline_s)


def counter_of(failure_class: FailureClass, default: str) -> str:
    """Return the attempt counter that a class's failures are charged to."""
    return default if failure_class.policy is None else f"class {failure_class.name}"


def as_success(failure: Failure) -> Succeed | None:
    """Return as what kind of success a failure counts, where its class says that it does."""
    action = failure.failure_class.action
    return Succeed(adopts=action is Action.ADOPT) if action.counts_as_success else None


def decide(failure: Failure, ledger: Ledger, at: Circumstances, random: Random) -> Decision:
    """Decide what follows a failure that ``ledger`` already holds.

    Args:
        failure: the attempt and its class.
        ledger: what was spent, this failure included.
        at: where and when.
        random: for the jitter.

    Returns:
        A wait that ends before every deadline, or the end with its reason.
    """
    if (success := as_success(failure)) is not None:
        return success
    action = failure.failure_class.action
    ambiguous = not at.idempotent and failure.processed is not Processed.NEVER
    if action is Action.FAIL and failure.status is not None and failure.failure_class.span is not None:
        # The file knows what this answer means.
        ambiguous = False
    if ambiguous or action is Action.FAIL:
        return GiveUp(Reason.FATAL, ambiguous=ambiguous)
    policy = failure.failure_class.policy or at.policy
    spent = ledger.charged[counter_of(failure.failure_class, at.counter)]
    if policy.attempts is not None and spent >= policy.attempts:
        return GiveUp(Reason.ATTEMPTS)
    return _wait_or_give_up(failure, ledger, policy, at, random)


def _wait_or_give_up(
    failure: Failure, ledger: Ledger, policy: RetryPolicy, at: Circumstances, random: Random
) -> Decision:
    name = failure.failure_class.name
    until_s = at.deadline_s
    if failure.failure_class.policy is not None and policy.deadline_s is not None:
        until_s = min(until_s, ledger.since_s[name] + policy.deadline_s)
    if at.untried_addresses and at.now_s < until_s and failure.failure_class.action is Action.RETRY:
        return Retry(0.0, until_s)
    after = asked(policy, failure.retry_after_s)
    asked_s = after.wait_s
    if after.too_long or (asked_s and at.now_s + asked_s >= until_s):
        return GiveUp(Reason.RETRY_AFTER)
    room_s = max(0.0, until_s - at.now_s - asked_s)
    delay_s = wait_s(policy, ledger.failures[name], asked_s, random, room_s=room_s)
    if at.now_s + delay_s >= until_s:
        return GiveUp(Reason.DEADLINE)
    if failure.failure_class.action is Action.START_OVER:
        return StartOver(delay_s)
    return Retry(delay_s, until_s)


def wait_s(
    policy: RetryPolicy, failures: int, asked_s: float, random: Random, *, room_s: float = math.inf
) -> float:
    """Return the wait after a failure, in seconds: the larger of backoff and what the server asked.

    Args:
        policy: whose backoff.
        failures: how many failures of the class there were, this one included.
        asked_s: what the server asked for; zero when it did not.
        random: for the jitter.
        room_s: how much jitter fits on top of what the server asked, before a deadline.
    """
    backoff_s = draw_s(policy.backoff, failures, random)
    if asked_s <= backoff_s:
        return backoff_s
    return asked_s + min(_RETRY_AFTER_JITTER * asked_s, room_s) * random()
