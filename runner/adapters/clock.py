"""The real time of day."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's wall clock, in UTC."""

    def now(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC)
