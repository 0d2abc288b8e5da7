"""The deadlines around one run of a registration: they run from its first request, and each bounds what is within."""

import math

from runner.engine.context import now_s
from runner.language.terms import VerbName
from runner.model.plan import Registration, Verb


class Deadlines:
    """When one run must be over, on the loop's clock."""

    def __init__(self, registration: Registration, until_s: float) -> None:
        self.began_s = math.inf
        self._registration = registration
        self._until_s = until_s
        self._deadline_s = math.inf
        self._verbs_s: dict[str, float] = {}

    def begin(self, verb: Verb) -> None:
        """Let the clocks run: the registration's, and the verb's own if it has one."""
        self.began_s = min(self.began_s, now_s())
        if self._deadline_s == math.inf and self._registration.policy.deadline_s is not None:
            self._deadline_s = now_s() + self._registration.policy.deadline_s
        if verb.policy is not None and verb.policy.deadline_s is not None:
            self._verbs_s.setdefault(verb.name, now_s() + verb.policy.deadline_s)

    def have_begun(self, verb: Verb) -> bool:
        """Whether the clock runs; what keeps or undoes a registration does not queue with those that begin."""
        if verb.name is not VerbName.REGISTER:
            self.begin(verb)
        return self.began_s < math.inf

    def nearest_s(self, verb: Verb) -> float:
        """Return the nearest of them."""
        return min(self._until_s, self._deadline_s, self._verbs_s.get(verb.name, math.inf))
