"""The figures of a fleet."""

import pytest

from runner.language.scenario import Event, Fleet, Scenario, Server, Start, Trouble
from runner.language.terms import OutcomeState, Reason
from runner.model.simulated import Figures, Member, Traffic
from runner.simulate.fleet import figures_of, ideal_s, starts_of

SCENARIO = Scenario(version=1, title="it", server=Server(capacity=50))


def figures(members: list[Member], per_second: dict[int, int], scenario: Scenario = SCENARIO) -> Figures:
    traffic = Traffic(
        per_second=per_second,
        per_tenth={second * 10: count for second, count in per_second.items()},
        first_tries=10,
        retries=sum(per_second.values()) - 10,
        most_of_one=7,
        refused=1,
        served=2,
        wasted=1,
        duplicates=0,
    )
    return figures_of(scenario, members, traffic, needs=1, lasted_s=max(per_second))


def member(ended_s: float, state: OutcomeState = OutcomeState.REGISTERED, started_s: float = 0.0) -> Member:
    return Member(started_s=started_s, ended_s=ended_s, state=state)


def test_times_are_from_the_start_of_each_container() -> None:
    found = figures([member(2.0 + number, started_s=1.0) for number in range(100)], {0: 20})

    assert found.took is not None
    assert (found.took.p50_s, found.took.p95_s, found.took.p99_s, found.took.max_s) == (50, 95, 99, 100)
    assert found.all_registered_s == 101


def test_those_that_did_not_register_are_counted_by_how_they_ended() -> None:
    failed = Member(
        started_s=0, ended_s=60, state=OutcomeState.FAILED, class_name="unreachable", reason=Reason.DEADLINE
    )
    found = figures([member(1.0), failed, failed, Member(started_s=0)], {0: 20})

    assert (found.registered, found.all_registered_s) == (1, None)
    assert [(each.containers, each.state, each.class_name) for each in found.others] == [
        (2, "failed", "unreachable"),
        (1, "registering", None),
    ]


def test_peaks_and_the_time_until_the_load_is_within_capacity() -> None:
    found = figures([member(1.0)], {0: 60, 1: 40, 30: 120, 31: 51, 32: 50})

    assert (found.peak_second, found.peak_tenth) == ((30, 120), (30.0, 120))
    assert found.above_until_s == 32
    assert found.load[:3] == (60, 40, 0)


@pytest.mark.parametrize(
    ("per_second", "splay_s", "herd"),
    [({0: 101}, 0.02, None), ({0: 100}, None, None), ({0: 1, 30: 101}, None, (30, 101))],
)
def test_what_is_more_than_twice_the_capacity_is_a_herd(
    per_second: dict[int, int], splay_s: float | None, herd: tuple[int, int] | None
) -> None:
    found = figures([member(1.0)], {**per_second, 40: 1})

    assert (found.splay_s, found.herd) == (splay_s, herd)


def test_the_ideal_is_capacity_and_patience() -> None:
    outage = Scenario(
        version=1,
        title="it",
        server=Server(capacity=50),
        events=(Event(what=Trouble.OUTAGE, until_s=30.0),),
    )

    assert ideal_s(SCENARIO, [0.0] * 1000, 1) == pytest.approx(20, abs=0.2)
    assert ideal_s(SCENARIO, [0.0] * 1000, 2) == pytest.approx(40, abs=0.2)
    assert ideal_s(outage, [0.0] * 1000, 1) == pytest.approx(50, abs=0.2)
    assert ideal_s(SCENARIO, [0.0, 60.0], 1) == pytest.approx(60, abs=0.2)


def test_fleets_start_as_they_are_told() -> None:
    assert starts_of(Fleet(), 3, 0) == [0.0, 0.0, 0.0]
    assert starts_of(Fleet(start=Start.ROLLING, over_s=30.0), 3, 0) == [0.0, 10.0, 20.0]
    splayed = starts_of(Fleet(start=Start.SPLAYED, over_s=30.0), 1000, 0)
    assert splayed == sorted(splayed) == starts_of(Fleet(start=Start.SPLAYED, over_s=30.0), 1000, 0)
    assert sum(splayed) / 1000 == pytest.approx(15, abs=1)
    assert splayed != starts_of(Fleet(start=Start.SPLAYED, over_s=30.0), 1000, 1)
