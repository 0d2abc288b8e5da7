"""What one run of a registration has spent, and what is decided with it."""

from msgspec.structs import replace

from runner.engine.context import Context, now_s
from runner.engine.deadlines import Deadlines
from runner.engine.ends import Stopped
from runner.model.decision import Decision
from runner.model.failure import Failure
from runner.model.plan import Registration, Step, Verb
from runner.retry.decide import Circumstances, Ledger, circumstances, decide_absent, says_absent


class Spent:
    """The ledger of one run."""

    def __init__(self, context: Context, registration: Registration, deadlines: Deadlines) -> None:
        self.absent_since_s: float | None = None
        """While proving, since when a verification has found nothing."""
        self._context = context
        self._registration = registration
        self._deadlines = deadlines
        self._ledger = Ledger()

    def decide(self, verb: Verb, step: Step, failure: Failure, untried_addresses: int) -> Decision:
        """Decide what follows a failure, which is charged unless it answers what was asked."""
        at = self._circumstances(verb, step, untried_addresses)
        if self.absent_since_s is not None and says_absent(step, failure):
            self.absent_since_s = min(self.absent_since_s, at.now_s)
            return decide_absent(self.absent_since_s, at)
        self._ledger = self._ledger.charge(failure.failure_class, at.counter, at.now_s)
        return self._context.classifier.decide(failure, self._ledger, at, self._context.random)

    def decide_disproved(self, end: Stopped) -> Decision:
        """Decide anew about a request that may have been processed and was not."""
        at = replace(self._circumstances(end.verb, end.step), idempotent=True)
        return self._context.classifier.decide(end.failure, self._ledger, at, self._context.random)

    def _circumstances(self, verb: Verb, step: Step, untried_addresses: int = 0) -> Circumstances:
        return circumstances(
            self._registration,
            verb,
            step,
            now_s=now_s(),
            deadline_s=self._deadlines.nearest_s(verb),
            untried_addresses=untried_addresses,
        )
