"""What the registrations of one run share about an endpoint: its places, the address that works, the login."""

import math
from collections.abc import Mapping

from runner.engine.turns import SentAway, Turns
from runner.language.terms import Reason
from runner.model.bound import Address, BoundEndpoint
from runner.model.secret import Value


class LiveEndpoint:
    """An endpoint in the course of a run."""

    def __init__(self, bound: BoundEndpoint) -> None:
        self.bound = bound
        self.places = Turns(bound.max_concurrency, bound.source.max_rate)
        self.answered_s = -math.inf
        """When it last gave an answer, on the loop's clock."""
        self.first_asked_s = math.inf
        self.login: Mapping[str, Value] | None = None
        """What the login captured; none until it has run, and again when it expired."""
        self.login_turn = Turns(1)
        self._preferred = 0

    def addresses(self) -> tuple[Address, ...]:
        """Return the addresses in the order in which a round tries them: the one that worked comes first."""
        return self.bound.addresses[self._preferred :] + self.bound.addresses[: self._preferred]

    def prefer(self, address: Address) -> None:
        """Keep the address that worked."""
        self._preferred = self.bound.addresses.index(address)

    def has_login(self) -> bool:
        """Whether the login has run and has not expired."""
        return self.login is not None

    def send_away_if_silent(self, why: SentAway, at_s: float, since_s: float, silence_s: float) -> None:
        """Send away who has not begun, where nobody answers: what one tried for its time, others need not.

        Args:
            why: how one ended here.
            at_s: now, on the loop's clock.
            since_s: when that one began.
            silence_s: after so much silence its other ends count too.
        """
        spent = why.decision.reason in {Reason.DEADLINE, Reason.ATTEMPTS}
        silent_s = at_s - max(self.first_asked_s, self.answered_s)
        if self.answered_s < since_s and (spent or silent_s >= silence_s):
            self.send_away(why)

    def send_away(self, why: SentAway) -> None:
        """Tell all who have not begun that nobody answers here."""
        self.places.send_away(why)
        self.login_turn.send_away(why)
