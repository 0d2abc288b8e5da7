"""Waiting for one's turn at something that is shared: who has begun goes before who has not.

A registration's clock begins when its first request gets its place, so that a long queue costs nobody a deadline; and
who has begun waits for others who have, and never for the whole queue. Where it turns out that nobody answers, who
has not begun is sent away with what the others found: a dead endpoint costs its deadline once.

What keeps a registration takes turns with those who have not begun: a long queue of them must let no lease expire, and
more beats than there is room for must not keep out what is still to be registered.
"""

import asyncio
import math
from collections import deque

from msgspec import Struct

from runner.model.decision import GiveUp
from runner.model.failure import Failure


class SentAway(Struct, frozen=True):
    """Why who has not begun need not begin."""

    failure: Failure
    decision: GiveUp


class Turns:
    """So many places, handed out in turn, and so many of them in any second.

    The rate is exact over any second: a bucket that refills would let twice as many through in the one after a pause.
    """

    def __init__(self, places: int, max_rate: int | None = None) -> None:
        self._free = places
        self._taken_s: deque[float] | None = None if max_rate is None else deque(maxlen=max_rate)
        self._next: asyncio.TimerHandle | None = None
        self._begun: deque[asyncio.Future[SentAway | None]] = deque()
        self._keeping: deque[asyncio.Future[SentAway | None]] = deque()
        self._others: deque[asyncio.Future[SentAway | None]] = deque()
        self._kept_last = False
        """Whether the last place for which both waited went to who keeps."""

    async def take(self, until_s: float, *, begun: bool, keeps: bool = False) -> SentAway | bool:
        """Wait for a place.

        Args:
            until_s: how long, on the loop's clock.
            begun: whether to go before those who have not begun.
            keeps: whether to take turns with those instead.

        Returns:
            Whether there was one in time, or why there need not be one.
        """
        first = begun and not keeps
        before = (self._begun,) if first else (self._begun, self._keeping, self._others)
        if self._free and not any(map(self._waits, before)):
            if (pause_s := self._pause_s()) <= 0:
                self._hand_out()
                return True
            self._hand_on_in(pause_s)
        place = asyncio.get_running_loop().create_future()
        (self._begun if first else self._keeping if keeps else self._others).append(place)
        try:
            async with asyncio.timeout_at(None if until_s == math.inf else until_s):
                return await place or True
        except TimeoutError:
            self._withdraw(place)
            return False
        except asyncio.CancelledError:
            self._withdraw(place)
            raise

    def give_back(self) -> None:
        """Hand a place on to whose turn it is, once who gives it back has had the time to take it for the next step."""
        self._free += 1
        loop = asyncio.get_running_loop()
        # A request is a task of its own: it asks for its place in the next turn of the loop.
        loop.call_soon(loop.call_soon, self._hand_on)

    def _hand_on(self) -> None:
        while self._free and (waiting := self._whose_turn()):
            if (pause_s := self._pause_s()) > 0:
                self._hand_on_in(pause_s)
                return
            waiting.popleft().set_result(None)
            self._hand_out()

    def _whose_turn(self) -> "deque[asyncio.Future[SentAway | None]]":
        """Return the queue whose first is next; an empty one where nobody waits."""
        if self._waits(self._begun):
            return self._begun
        if self._waits(self._keeping) and self._waits(self._others):
            self._kept_last = not self._kept_last
            return self._keeping if self._kept_last else self._others
        return self._keeping or self._others

    def _hand_on_in(self, pause_s: float) -> None:
        if self._next is None or self._next.when() <= asyncio.get_running_loop().time():
            self._next = asyncio.get_running_loop().call_later(pause_s, self._hand_on)

    def _pause_s(self) -> float:
        """Return how long the rate asks the next one to wait."""
        if self._taken_s is None or len(self._taken_s) < (self._taken_s.maxlen or 0):
            return 0.0
        return self._taken_s[0] + 1.0 - asyncio.get_running_loop().time()

    def _hand_out(self) -> None:
        self._free -= 1
        if self._taken_s is not None:
            self._taken_s.append(asyncio.get_running_loop().time())

    @staticmethod
    def _waits(waiting: "deque[asyncio.Future[SentAway | None]]") -> bool:
        """Whether somebody waits; who has left the queue is forgotten."""
        while waiting and waiting[0].done():
            waiting.popleft()
        return bool(waiting)

    def send_away(self, why: SentAway) -> None:
        """Tell all who have not begun that there is nothing to wait for."""
        for place in self._others:
            if not place.done():
                place.set_result(why)
        self._others.clear()

    def _withdraw(self, place: "asyncio.Future[SentAway | None]") -> None:
        """Leave the queue; a place that was handed over in the same moment goes on to the next."""
        if place.done() and not place.cancelled() and place.result() is None:
            self.give_back()
        place.cancel()
