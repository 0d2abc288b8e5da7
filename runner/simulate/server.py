"""A model of a control plane: one request is served after the other, some wait, and what is beyond is refused.

What befalls it stands in the scenario. Nothing here waits: each request is told when its answer will be there.
"""

import math
from collections.abc import Iterator
from statistics import NormalDist

from msgspec import Struct

from runner.language.scenario import Event, Scenario, Trouble
from runner.language.terms import VerbName
from runner.ports import Random

_P99 = NormalDist().inv_cdf(0.99)
_REFUSED_S = 0.001
_STEP_S = 0.1
_LONGEST_S = 120.0
"""Nobody waits longer for an answer."""
_LEAST_SHARE = 0.02
"""Of its capacity, when it begins to start."""


class Arrival(Struct, frozen=True, kw_only=True):
    """A request, and what the server can know of it."""

    at_s: float
    container: int
    verb: VerbName
    writes: bool
    idempotent: bool


class Served(Struct, frozen=True, kw_only=True):
    """What becomes of it."""

    status: int | None = None
    """None is a connection that is refused."""
    delay_s: float = _REFUSED_S
    """Until the answer is there."""
    retry_after_s: float | None = None
    is_lost: bool = False
    """The answer does not arrive."""
    is_forgotten: bool = False
    """The container is not known; what is answered then is the scenario's."""
    cost: bool = False
    """Whether the server has worked for it."""

    @property
    def is_good(self) -> bool:
        """Whether it is answered as by a healthy server."""
        return self.status == 200 and not (self.is_lost or self.is_forgotten)


class ServerModel:
    """One server; requests must come in the order of their times."""

    def __init__(self, scenario: Scenario, random: Random) -> None:
        """Begin with nothing registered.

        Args:
            scenario: what it can do, and what befalls it.
            random: decides what is left to chance.
        """
        self._server = scenario.server
        self._events = scenario.events
        self._random = random
        self._sigma = math.log(max(1.0, self._server.slow_s / max(1e-6, self._server.typical_s))) / _P99
        self._backlog = 0.0
        """Requests that are taken and not served yet, as of the last one that came."""
        self._now_s = 0.0
        self._changes = any(each.what in {Trouble.BROWNOUT, Trouble.SLOW_START} for each in self._events)
        """Whether its pace changes with time."""
        self._tokens = {id(each): each.capacity for each in self._events}
        self._tokens_s = dict.fromkeys(self._tokens, 0.0)
        self._known: set[int] = set()
        self._forgets = sorted(each.after_s for each in self._events if each.what is Trouble.FORGET)
        self.duplicates = 0

    def meet(self, arrival: Arrival) -> Served:
        """Take a request."""
        now_s = arrival.at_s
        while self._forgets and now_s >= self._forgets[0]:
            del self._forgets[0]
            self._known.clear()
        if any(self._active(Trouble.OUTAGE, now_s)):
            return Served()
        way_s = self._way_s()
        for limit in self._active(Trouble.RATE_LIMIT, now_s):
            if not self._has_token(limit, now_s):
                return Served(status=429, delay_s=way_s, retry_after_s=limit.retry_after_s)
        for each in self._active(Trouble.FAILING, now_s):
            if self._random() < each.share:
                return Served(status=each.status, delay_s=way_s, retry_after_s=each.retry_after_s, cost=True)
        self._work_until(now_s)
        if self._backlog > self._server.queue:
            return Served(status=self._server.refusal, delay_s=way_s)
        self._backlog += 1
        return self._answered(arrival, self._serving_s(now_s) + way_s)

    def _work_until(self, now_s: float) -> None:
        """Serve what waits, at the pace of each moment."""
        while self._backlog > 0 and self._now_s < now_s:
            step_s = min(_STEP_S, now_s - self._now_s)
            self._backlog = max(0.0, self._backlog - self.capacity_at(self._now_s) * step_s)
            self._now_s += step_s
        self._now_s = now_s

    def _serving_s(self, now_s: float) -> float:
        """Return how long it takes until all that waits is served."""
        left, at_s = self._backlog, now_s
        while at_s < now_s + _LONGEST_S:
            pace = self.capacity_at(at_s)
            if not self._changes or left <= pace * _STEP_S:
                return at_s + left / pace - now_s
            left -= pace * _STEP_S
            at_s += _STEP_S
        return _LONGEST_S

    def _answered(self, arrival: Arrival, delay_s: float) -> Served:
        is_known = arrival.container in self._known
        if arrival.verb is VerbName.REGISTER and arrival.writes:
            self.duplicates += is_known and not arrival.idempotent
            self._known.add(arrival.container)
        elif arrival.verb is VerbName.DEREGISTER and arrival.writes:
            self._known.discard(arrival.container)
        is_forgotten = not is_known and arrival.verb in {VerbName.HEARTBEAT, VerbName.VERIFY}
        losses = self._active(Trouble.LOST_ANSWERS, arrival.at_s)
        is_lost = any(self._random() < each.share for each in losses)
        return Served(status=200, delay_s=delay_s, is_lost=is_lost, is_forgotten=is_forgotten, cost=True)

    def capacity_at(self, at_s: float) -> float:
        """Return how many requests a second it can serve at a time; where nobody answers it is none."""
        return capacity_at(self._server.capacity, self._events, at_s)

    def _way_s(self) -> float:
        drawn = min(max(self._random(), 1e-9), 1 - 1e-9)
        return self._server.typical_s * math.exp(self._sigma * NormalDist().inv_cdf(drawn))

    def _has_token(self, limit: Event, now_s: float) -> bool:
        key = id(limit)
        tokens = min(limit.capacity, self._tokens[key] + (now_s - self._tokens_s[key]) * limit.capacity)
        self._tokens_s[key] = now_s
        self._tokens[key] = tokens - 1 if tokens >= 1 else tokens
        return tokens >= 1

    def _active(self, what: Trouble, at_s: float) -> Iterator[Event]:
        return _active(self._events, what, at_s)


def _active(events: tuple[Event, ...], what: Trouble, at_s: float) -> Iterator[Event]:
    for each in events:
        if each.what is what and each.after_s <= at_s < (math.inf if each.until_s is None else each.until_s):
            yield each


def capacity_at(capacity: float, events: tuple[Event, ...], at_s: float) -> float:
    """Return how many requests a second can be served at a time, outages left aside."""
    for each in _active(events, Trouble.BROWNOUT, at_s):
        capacity = min(capacity, each.capacity)
    for each in _active(events, Trouble.SLOW_START, at_s):
        whole_s = (each.until_s or each.after_s) - each.after_s
        capacity *= max(_LEAST_SHARE, (at_s - each.after_s) / whole_s if whole_s else 1.0)
    return max(capacity, 1e-3)


def useful_at(scenario: Scenario, at_s: float) -> float:
    """Return how many requests a second could be answered well at a time, had they been sent for that."""
    if any(_active(scenario.events, Trouble.OUTAGE, at_s)):
        return 0.0
    capacity = capacity_at(scenario.server.capacity, scenario.events, at_s)
    for each in _active(scenario.events, Trouble.RATE_LIMIT, at_s):
        capacity = min(capacity, each.capacity)
    for what in (Trouble.FAILING, Trouble.LOST_ANSWERS):
        for each in _active(scenario.events, what, at_s):
            capacity *= 1 - each.share
    return capacity
