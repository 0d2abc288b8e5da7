"""The figures of a fleet: who registered and when, what it cost the server, and whether they came in herds."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random as SeededRandom

from runner.language.scenario import Fleet, Scenario, Start
from runner.model.simulated import Figures, Member, Share, Spread, Traffic
from runner.simulate.server import useful_at

_STEP_S = 0.1
_FOREVER_S = 24 * 3600.0
_HERD = 2.0
"""So many times its capacity in one second is more than any queue smooths."""


def starts_of(fleet: Fleet, size: int, seed: int) -> list[float]:
    """Return when each container starts."""
    draw = SeededRandom(f"{seed} starts").random  # noqa: S311 - a seeded source is the point
    match fleet.start:
        case Start.AT_ONCE:
            return [0.0] * size
        case Start.ROLLING:
            return [fleet.over_s * place / size for place in range(size)]
        case Start.SPLAYED:
            return sorted(fleet.over_s * draw() for _ in range(size))


def figures_of(
    scenario: Scenario, members: Sequence[Member], traffic: Traffic, *, needs: int, lasted_s: float
) -> Figures:
    """Return what a simulation gives.

    Args:
        scenario: what the fleet met.
        members: its containers.
        traffic: what the server was sent.
        needs: how many requests one registration takes when all goes well.
        lasted_s: when the simulation ended.
    """
    registered = [each for each in members if each.state is not None and each.state.is_active]
    ended = [each.ended_s for each in registered if each.ended_s is not None]
    took = sorted((each.ended_s or 0.0) - each.started_s for each in registered)
    capacity, seconds = scenario.server.capacity, math.ceil(lasted_s) + 1
    peak_second = max(traffic.per_second.items(), key=lambda each: each[1], default=(0, 0))
    tenth, in_tenth = max(traffic.per_tenth.items(), key=lambda each: each[1], default=(0, 0))
    above = [second for second, count in traffic.per_second.items() if count > capacity]
    return Figures(
        file="",
        scenario="",
        title=scenario.title,
        seed=0,
        containers=len(members),
        lasted_s=lasted_s,
        interrupted=False,
        capacity=capacity,
        registered=len(registered),
        others=tuple(_others(members)),
        lost=sum(each.lost for each in registered),
        took=_spread(took),
        all_registered_s=max(ended) if len(registered) == len(members) and ended else None,
        ideal_s=ideal_s(scenario, [each.started_s for each in members], needs),
        requests=traffic.requests,
        first_tries=traffic.first_tries,
        retries=traffic.retries,
        per_container=traffic.requests / len(members),
        most_of_one=traffic.most_of_one,
        peak_second=peak_second,
        peak_tenth=(tenth / 10, in_tenth),
        above_until_s=max(above) + 1.0 if above else None,
        refused=traffic.refused,
        served=traffic.served,
        wasted=traffic.wasted,
        duplicates=traffic.duplicates,
        load=tuple(traffic.per_second.get(second, 0) for second in range(seconds)),
        splay_s=_splay_s(scenario, traffic, len(members) * needs),
        herd=_herd(traffic, capacity),
    )


def ideal_s(scenario: Scenario, starts_s: Sequence[float], needs: int) -> float:
    """Return when all could be registered: each starts, and its requests are served as soon as the server can."""
    waiting, at_s, place = 0.0, 0.0, 0
    ordered = sorted(starts_s)
    while at_s < _FOREVER_S:
        while place < len(ordered) and ordered[place] <= at_s:
            waiting += needs
            place += 1
        able = useful_at(scenario, at_s) * _STEP_S
        if place == len(ordered) and able > 0 and waiting <= able:
            return at_s + _STEP_S * waiting / able
        waiting = max(0.0, waiting - able)
        at_s += _STEP_S
    return math.inf


def _others(members: Sequence[Member]) -> Iterator[Share]:
    """Yield how those ended that did not register, the largest share first."""
    ends = Counter(
        ("registering" if each.state is None else str(each.state), each.class_name, each.reason)
        for each in members
        if each.state is None or not each.state.is_active
    )
    for (state, class_name, reason), count in ends.most_common():
        yield Share(containers=count, state=state, class_name=class_name, reason=reason)


def _spread(ordered: Sequence[float]) -> Spread | None:
    if not ordered:
        return None

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]

    return Spread(p50_s=at(0.5), p95_s=at(0.95), p99_s=at(0.99), max_s=ordered[-1])


def _splay_s(scenario: Scenario, traffic: Traffic, needed: int) -> float | None:
    """Return over which time they would have to start, where they start in a herd."""
    first = traffic.per_second.get(0, 0)
    if scenario.fleet.start is not Start.AT_ONCE or first <= _HERD * scenario.server.capacity:
        return None
    return needed / scenario.server.capacity


def _herd(traffic: Traffic, capacity: float) -> tuple[int, int] | None:
    """Return the later second in which most come, where it is a herd."""
    later = {second: count for second, count in traffic.per_second.items() if second > 0}
    second, count = max(later.items(), key=lambda each: each[1], default=(0, 0))
    return (second, count) if count > _HERD * capacity else None
