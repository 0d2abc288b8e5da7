"""The Retry-After header (RFC 9110, section 10.2.3): both forms, and what junk means."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct

from runner.language.policies import RetryPolicy
from runner.retry.answer import Quote

_MAX_S = 2**31 - 1
_MAX_QUOTED = 40
_SECONDS = re.compile(r"([0-9]+)(\.[0-9]+)?")
_BETWEEN = re.compile(r"(?<!Mon|Tue|Wed|Thu|Fri|Sat|Sun|day)\s*,\s*")
"""Repeated headers arrive joined by commas, and a date has one of its own, after its weekday."""


class RetryAfter(Struct, frozen=True):
    """What the header asks, in seconds; or why it says nothing."""

    seconds: float | None = None
    problem: str | None = None


class Asked(Struct, frozen=True):
    """What a Retry-After comes to under a policy."""

    wait_s: float = 0.0
    """At most the longest that the policy allows."""
    too_long: bool = False
    said_s: float | None = None
    """What the server asked for, however long; none where it did not, or where its word means nothing."""


def asked(policy: RetryPolicy, retry_after_s: float | None) -> Asked:
    """Return what a Retry-After comes to: for retries, for beats, and for who explains either."""
    if retry_after_s is None or not policy.retry_after.honor:
        return Asked()
    longest_s = policy.retry_after.max_s
    return Asked(min(retry_after_s, longest_s), too_long=retry_after_s > longest_s, said_s=retry_after_s)


def parse_retry_after(headers: Mapping[str, str], now: datetime, quote: Quote) -> RetryAfter:
    """Read the header of an answer.

    Args:
        headers: of the answer, with lower-case names.
        now: the wall clock, for a date where the answer has no ``Date`` of its own to measure it against.
        quote: makes junk fit to be shown.

    Returns:
        The wait, the longest where the header came several times; zero for a date that has passed, which means
        that the server sets no minimum. Junk never replaces the answer: it is ignored, and named in ``problem``.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return RetryAfter()
    sent = _date(headers.get("date", "")) or now
    waits_s = [_wait_s(value, sent) for value in _BETWEEN.split(text)]
    readable = [wait_s for wait_s in waits_s if wait_s is not None]
    if not readable:
        return RetryAfter(problem=f'an unreadable Retry-After "{quote(text, _MAX_QUOTED)}" is ignored')
    return RetryAfter(max(readable))


def _wait_s(value: str, sent: datetime) -> float | None:
    """Return the wait of one value; a fraction, which the standard does not know, is rounded up."""
    seconds = _SECONDS.fullmatch(value)
    if seconds is not None:
        # Ten digits and more are past the limit anyway, and int() refuses texts of thousands of digits.
        more = 1 if (seconds[2] or "").strip(".0") else 0
        return float(min(int(seconds[1][:11]) + more, _MAX_S))
    date = _date(value)
    return None if date is None else min(max(0.0, (date - sent).total_seconds()), _MAX_S)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
