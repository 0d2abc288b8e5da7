"""What one registration's run did: every attempt kept, and told as an event when it ends."""

from runner.engine import events
from runner.engine.attempt import Tried
from runner.engine.bodies import BodyKeeper
from runner.engine.context import Context, now_s
from runner.language.terms import Processed, TransportKind
from runner.model.decision import Decision, decided, reason_of, wait_of
from runner.model.failure import Failure
from runner.model.outcome import Attempt
from runner.model.plan import Registration, Step, Verb

_Key = tuple[str, str, str]
"""A step within a run: verb, endpoint, name."""


class Record:
    """Counts the requests of each step, and keeps what came of them."""

    def __init__(self, context: Context, registration: Registration) -> None:
        self.attempts: list[Attempt] = []
        self._context = context
        self._registration = registration
        self._requests: dict[_Key, int] = {}
        self._bodies = BodyKeeper(wanted=context.bound.plan.reports.bodies)

    def has_asked(self, verb: Verb, step: Step) -> bool:
        """Whether a request of a step was counted."""
        return key_of(verb, step) in self._requests

    def begin(self, verb: Verb, step: Step) -> None:
        """Count one more request of a step."""
        key = key_of(verb, step)
        self._requests[key] = self._requests.get(key, 0) + 1

    def endpoints(self) -> set[str]:
        """Return the endpoints that were asked."""
        return {endpoint for _, endpoint, _ in self._requests}

    def end(
        self,
        verb: Verb,
        step: Step,
        tried: Tried,
        failure: Failure | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Keep an attempt and tell of it; none was made where the deadline came before it was sent."""
        attempt = Attempt(
            verb=verb.name,
            step=step.name,
            number=self._requests.get(key_of(verb, step), 0) + (not tried.sent),
            method=step.request.method,
            url=tried.url,
            started_s=tried.began_s - self._context.began_s,
            ended_s=self._context.elapsed_s(),
            status=tried.exchange.status,
            error_kind=failure.kind if failure else None,
            processed=failure.processed if failure else None,
            class_name=failure.failure_class.name if failure else None,
            message=failure.message if failure else None,
            decided=decided(decision) if decision else None,
            reason=reason_of(decision) if decision else None,
            wait_s=wait_of(decision) if decision else None,
            request_id=tried.request_id,
            retry_after_s=failure.retry_after_s if failure else None,
        )
        attempt = self._bodies.hold(attempt, tried.exchange, step)
        if not tried.too_late:
            self.attempts.append(attempt)
        self._look_at_clocks()
        if failure is None or decision is None:
            self._context.tell(events.step_succeeded(self._registration, attempt))
        else:
            self._context.tell(events.attempt_failed(self._registration, step, attempt, failure, decision))

    def interrupt(self, verb: Verb, step: Step, began_s: float, *, sent: bool) -> None:
        """Keep the attempt that an interruption cut off: somebody will ask whether it was sent."""
        attempt = Attempt(
            verb=verb.name,
            step=step.name,
            number=max(1, self._requests.get(key_of(verb, step), 0)),
            method=step.request.method,
            url="",
            started_s=began_s - self._context.began_s,
            ended_s=self._context.elapsed_s(),
            error_kind=TransportKind.CANCELLED,
            processed=Processed.MAYBE if sent else Processed.NEVER,
        )
        self.attempts.append(attempt)

    def _look_at_clocks(self) -> None:
        gap_s = self._context.clock_watch.gap_s(self._context.wall_now(), now_s())
        if gap_s is not None:
            self._context.tell(events.clocks_parted(gap_s, self._context.elapsed_s()))


def key_of(verb: Verb, step: Step) -> _Key:
    """Return what tells a step from the others of a run."""
    return verb.name, step.endpoint, step.name
