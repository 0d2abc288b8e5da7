"""Notices when the wall clock and the loop's clock part: a suspended machine, or a clock that was set.

Deadlines and waits go by the loop's clock alone, which a suspension stops; whoever reads a log with a hole
of an hour in it should find the reason there.
"""

from datetime import datetime

TOLERANCE_S = 5.0


class ClockWatch:
    """Compares the two clocks each time it is asked, from where they last agreed."""

    def __init__(self, wall: datetime, loop_s: float) -> None:
        self._wall = wall
        self._loop_s = loop_s

    def gap_s(self, wall: datetime, loop_s: float) -> float | None:
        """Return by how many seconds the wall clock ran ahead (or fell behind), if that is remarkable."""
        gap_s = (wall - self._wall).total_seconds() - (loop_s - self._loop_s)
        if abs(gap_s) <= TOLERANCE_S:
            return None
        self._wall, self._loop_s = wall, loop_s
        return gap_s
