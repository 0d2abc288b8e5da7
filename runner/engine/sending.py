"""What is about to be sent and may take effect: told before it is, for whoever goes on where this process is killed."""

from collections.abc import Callable

from runner.language.terms import OutcomeState
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Outcome
from runner.model.plan import Registration
from runner.model.why import Killed


class Sending:
    """The registrations that may have taken effect, and whose end nobody knows yet."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.tell: Callable[[str], None] = lambda _: None
        """Told once of each, before the first byte of it leaves."""

    def begin(self, name: str) -> None:
        """Know that a request of a registration is about to be sent."""
        if name not in self.names:
            self.names.add(name)
            self.tell(name)

    def end(self, name: str) -> None:
        """Know that it is known how a registration ended."""
        self.names.discard(name)


def left_open(registration: Registration) -> Ended:
    """Return how a registration stands whose process was killed.

    What may be repeated, or can be looked at first, was interrupted, and no more than that.
    """
    once = not all(step.request.idempotent for step in registration.register.steps)
    nobody_knows = once and registration.verify is None
    outcome = Outcome(
        registration=registration.name,
        state=OutcomeState.UNKNOWN if nobody_knows else OutcomeState.CANCELLED,
        required=registration.required,
        span=registration.span,
        why=Killed(),
        exit_status=ExitStatus.UNKNOWN if nobody_knows else ExitStatus.INTERRUPTED,
    )
    return Ended(outcome=outcome, leaves_traces=True, unsure=once)
