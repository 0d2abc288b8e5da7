"""Whether beats go out at their cadence: where a machine cannot hold it, somebody must hear that once.

Beats that a server refuses do not count, and where it takes none at all, missed beats say so themselves.
"""

from msgspec import Struct

LATE_FROM = 0.1
"""A beat is late that comes by so much of its cadence later after the last."""
_LOOKED_AT_S = 10.0
_LEAST_BEATS = 8
_TIMES = 2
"""So often in a row it must be found: a machine that slept, or was busy for a moment, holds the cadence again."""


class Lateness(Struct, frozen=True):
    """Beats of which too many were late."""

    beats: int
    late: int
    """Those included that were not even sent before the next one was due."""
    worst_s: float


class Punctuality:
    """Counts the beats that go out late."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._beats = 0
        self._late = 0
        self._taken = 0
        self._worst_s = 0.0
        self._found = 0

    def note(self, at_s: float, late_s: float, every_s: float, *, taken: bool) -> Lateness | None:
        """Take note of a beat.

        Args:
            at_s: when it was sent.
            late_s: by how much its cadence was not held; as much as its cadence where it was not sent.
            every_s: its cadence.
            taken: whether the server took it.

        Returns:
            What is to be told, once and never again.
        """
        if self._since_s is None:
            self._since_s = at_s
        self._beats += 1
        self._taken += taken
        self._late += late_s > LATE_FROM * every_s
        self._worst_s = max(self._worst_s, late_s)
        if at_s < self._since_s + max(_LOOKED_AT_S, 2 * every_s):
            return None
        found = Lateness(self._beats, self._late, self._worst_s)
        too_late = self._taken >= _LEAST_BEATS and found.late > LATE_FROM * found.beats
        self._since_s, self._beats, self._late, self._taken, self._worst_s = at_s, 0, 0, 0, 0.0
        self._found = self._found + 1 if too_late or self._found >= _TIMES else 0
        return found if self._found == _TIMES and too_late else None
