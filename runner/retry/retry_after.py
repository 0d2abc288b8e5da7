"""The Retry-After header (RFC 9110, section 10.2.3): both forms, and what junk means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from runner.retry.answer import Quote

_MAX_S = 2**31 - 1
_MAX_QUOTED = 40


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """What the header asks, in seconds; or why it says nothing."""

    seconds: float | None = None
    problem: str | None = None


def parse_retry_after(headers: Mapping[str, str], now: datetime, quote: Quote) -> RetryAfter:
    """Read the header of an answer.

    Args:
        headers: of the answer, with lower-case names.
        now: the wall clock, for a date where the answer has no ``Date`` of its own to measure it against.
        quote: makes junk fit to be shown.

    Returns:
        The wait; zero for a date that has passed, which means that the server sets no minimum. Junk never
        replaces the answer: it is ignored, and named in ``problem``.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return RetryAfter()
    if text.isascii() and text.isdigit():
        # Ten digits and more are past the limit anyway, and int() refuses texts of thousands of digits.
        return RetryAfter(float(min(int(text[:11]), _MAX_S)))
    date = _date(text)
    if date is None:
        return RetryAfter(problem=f'an unreadable Retry-After "{quote(text, _MAX_QUOTED)}" is ignored')
    sent = _date(headers.get("date", "")) or now
    return RetryAfter(min(max(0.0, (date - sent).total_seconds()), _MAX_S))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
