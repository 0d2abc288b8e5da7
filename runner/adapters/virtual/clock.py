"""A wall clock that follows the virtual loop, so that dates in headers and reports agree with elapsed time."""

import asyncio
from datetime import UTC, datetime, timedelta

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualClock:
    """The time of day in virtual time; it begins on New Year's Day of 2026."""

    def now(self) -> datetime:
        """Return the beginning plus the loop's time."""
        return _BEGINNING + timedelta(seconds=asyncio.get_running_loop().time())
