"""Waits between attempts: exponential below a hard maximum, with jitter drawn inside it.

Names and formulas follow M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
"""

import hashlib
import math

from runner.language.policies import Backoff, Jitter
from runner.ports import Random


def ceiling_s(backoff: Backoff, failures: int) -> float:
    """Return the longest wait, in seconds, after the given number of failures (1 or more).

    The exponent stops growing once the maximum is reached, so attempt 10,000 computes as attempt 10 does.
    """
    exponent = failures - 1
    if backoff.initial_s <= 0:
        return 0.0
    if backoff.initial_s >= backoff.max_s:
        return backoff.max_s
    if backoff.multiplier <= 1:
        return backoff.initial_s
    reaches_max_at = math.log(backoff.max_s / backoff.initial_s, backoff.multiplier)
    if exponent >= reaches_max_at:
        return backoff.max_s
    return min(backoff.max_s, backoff.initial_s * backoff.multiplier**exponent)


def splay_s(spread_s: float, instance: str) -> float:
    """Return when an instance begins, in seconds from 0 up to the spread.

    Drawn from its identity and not from chance, so that a restarted instance keeps its place among its
    siblings: a spread start beats every retry policy when a fleet comes up together.
    """
    if spread_s <= 0:
        return 0.0
    digest = hashlib.sha256(instance.encode()).digest()
    return spread_s * int.from_bytes(digest[:8]) / 2**64


def draw_s(backoff: Backoff, failures: int, random: Random) -> float:
    """Return the wait, in seconds, drawn below the ceiling: the maximum bounds it with its jitter."""
    ceiling = ceiling_s(backoff, failures)
    match backoff.jitter:
        case Jitter.FULL:
            return ceiling * random()
        case Jitter.EQUAL:
            return ceiling / 2 + ceiling / 2 * random()
        case Jitter.NONE:
            return ceiling
