"""What may be spent on asking an answer: all paths of one classification draw on the same budget, since nothing runs meanwhile."""

MAX_COST = 100_000
"""Measured: 10 to 25 ms, whatever it is spent on."""


class TooCostly(Exception):
    """The budget is spent."""


class Budget:
    """Counts steps and values."""

    def __init__(self) -> None:
        self._left = MAX_COST

    def spend(self, cost: int) -> None:
        """Take something from what is left.

        Raises:
            TooCostly: when nothing is.
        """
        self._left -= cost
        if self._left < 0:
            raise TooCostly
