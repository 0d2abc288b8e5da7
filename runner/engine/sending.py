"""What is about to be sent and may take effect: told before it is, for whoever goes on where this process is killed."""

from collections.abc import Callable

from runner.language.terms import OutcomeState
from runner.model.bound import NO_CAPTURES, Captures
from runner.model.ended import Ended
from runner.model.outcome import ExitStatus, Outcome
from runner.model.plan import Registration
from runner.model.why import Killed


class Sending:
    """The registrations that may have taken effect, and whose end nobody knows yet."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.tell: Callable[[str, Captures], None] = lambda *_: None
        """Told of each before the first byte of it leaves, and again when its steps have captured more."""

    def begin(self, name: str, captures: Captures) -> None:
        """Know that a request of a registration is about to be sent."""
        if name not in self.names:
            self.names.add(name)
            self.tell(name, captures)

    def capture(self, name: str, captures: Captures) -> None:
        """Know what the steps of a registration have captured; what may have to be undone needs it."""
        if name in self.names:
            self.tell(name, captures)

    def end(self, name: str) -> None:
        """Know that it is known how a registration ended."""
        self.names.discard(name)


def left_open(registration: Registration, captures: Captures = NO_CAPTURES) -> Ended:
    """Return the state of a registration whose process was killed.

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
    return Ended(outcome=outcome, captures=captures, leaves_traces=True, unsure=once)
