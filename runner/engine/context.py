"""What all parts of one run share."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from runner.engine.clock_watch import ClockWatch
from runner.engine.closing import Closing
from runner.engine.live import LiveEndpoint
from runner.engine.sending import Sending
from runner.model.bound import BoundPlan, Scope
from runner.model.decision import Decision
from runner.model.event import RunEvent
from runner.model.exchange import Exchange
from runner.model.failure import Failure, Success
from runner.model.plan import Step
from runner.ports import Random, Reporter, Transport, WallClock
from runner.retry.answer import Quote
from runner.retry.classify import History, classify
from runner.retry.decide import Circumstances, Ledger, decide
from runner.values.secret import Redactor


class Classifier:
    """What is made of an exchange; a replay knows more of it than the exchange itself says."""

    def classify(
        self, step: Step, exchange: Exchange, scope: Scope, *, history: History, now: datetime, quote: Quote
    ) -> Failure | Success:
        """See ``retry.classify``."""
        return classify(step, exchange, scope, history=history, now=now, quote=quote)

    def decide(self, failure: Failure, ledger: Ledger, at: Circumstances, random: Random) -> Decision:
        """See ``retry.decide``."""
        return decide(failure, ledger, at, random)


class Context(Struct, frozen=True, kw_only=True):
    """The ports of a run, its bound plan, and the moment when it began."""

    bound: BoundPlan
    endpoints: Mapping[str, LiveEndpoint]
    transport: Transport
    reporter: Reporter
    clock: WallClock
    random: Random
    redactor: Redactor
    clock_watch: ClockWatch
    classifier: Classifier
    closing: Closing
    sending: Sending
    began_s: float
    """On the loop's clock."""
    began_at: datetime

    def elapsed_s(self) -> float:
        """Return the seconds since the run began."""
        return now_s() - self.began_s

    def wall_now(self) -> datetime:
        """Return the time of day."""
        return self.clock.now()

    def tell(self, event: RunEvent) -> None:
        """Tell the reporter, with secrets and control characters taken out."""
        self.reporter.on_event(self.redactor.mask_fields(event))


def now_s() -> float:
    """Return the time on the loop's clock, the only one that deadlines and waits know."""
    return asyncio.get_running_loop().time()
