"""Rules 23 to 26: the arithmetic of waits."""

import pytest
from support.harness import play
from support.rule_files import EXACT, file_of, waits_s

from runner.language.policies import Backoff, Jitter
from runner.retry.backoff import ceiling_s, draw_s


def highest() -> float:
    """The largest number that chance can give."""
    return 1 - 2**-53


@pytest.mark.parametrize(
    ("jitter", "chance", "waits"),
    [
        pytest.param(Jitter.NONE, 0.5, [1, 2, 4, 8, 8], id="none-is-the-ceiling"),
        pytest.param(Jitter.FULL, 0.0, [0, 0, 0, 0, 0], id="full-begins-at-nothing"),
        pytest.param(Jitter.FULL, 0.5, [0.5, 1, 2, 4, 4], id="full-in-the-middle"),
        pytest.param(Jitter.EQUAL, 0.0, [0.5, 1, 2, 4, 4], id="equal-begins-at-half"),
        pytest.param(Jitter.EQUAL, 0.5, [0.75, 1.5, 3, 6, 6], id="equal-in-the-middle"),
    ],
)
def test_rule_24_jitter_is_drawn_below_the_capped_ceiling(
    jitter: Jitter, chance: float, waits: list[float]
) -> None:
    """First the ceiling is cut at the maximum, then the wait is drawn: the spread stays at the maximum too."""
    backoff = Backoff(initial_s=1, multiplier=2, max_s=8, jitter=jitter)

    assert waits == [draw_s(backoff, failures, lambda: chance) for failures in range(1, 6)]


@pytest.mark.parametrize("jitter", Jitter)
def test_rule_23_the_maximum_bounds_the_wait_with_its_jitter(jitter: Jitter) -> None:
    """``max: 8s`` is a promise: not one wait is longer, whatever chance says."""
    backoff = Backoff(initial_s=1, multiplier=2, max_s=8, jitter=jitter)

    assert max(draw_s(backoff, failures, highest) for failures in range(1, 100)) <= 8


def test_rule_24_waits_at_the_maximum_still_differ() -> None:
    """Two thousand replicas at the maximum do not come back in the same moment."""
    policy = "attempts: 30, deadline: 10m, backoff: {initial: 1s, max: 4s}"
    at_maximum = waits_s(play(file_of(policy=policy), "[{status: 500}]"))[3:]

    assert len(set(at_maximum)) == len(at_maximum)


@pytest.mark.parametrize("failures", [10_000, 10**9])
@pytest.mark.parametrize("multiplier", [1, 1.000001, 2, 1e308])
def test_rule_25_the_ten_thousandth_attempt_waits_the_maximum_and_overflows_nothing(
    failures: int, multiplier: float
) -> None:
    """The exponent stops growing at the maximum."""
    ceiling = ceiling_s(Backoff(initial_s=0.05, multiplier=multiplier, max_s=5), failures)

    assert ceiling == 0.05 if multiplier == 1 else 0.05 < ceiling <= 5


def test_rule_25_ceilings_never_fall() -> None:
    """Each wait may be as long as the one before, also across the point where the maximum is reached."""
    backoff = Backoff(initial_s=0.05, multiplier=1.5, max_s=0.3)
    ceilings = [ceiling_s(backoff, failures) for failures in range(1, 50)]

    assert sorted(ceilings) == ceilings
    assert ceilings[-1] == 0.3


@pytest.mark.parametrize("initial_s", [0.05, 0.2, 5])
def test_rule_26_the_first_wait_is_the_initial_one(initial_s: float) -> None:
    """The exponent begins at zero: after the first failure the ceiling is ``initial``."""
    assert initial_s == ceiling_s(Backoff(initial_s=initial_s, multiplier=3, max_s=5), 1)


def test_rule_26_an_initial_wait_of_nothing_stays_nothing() -> None:
    """Zero times two is zero; the caps and the deadline are what bounds such a policy."""
    assert ceiling_s(Backoff(initial_s=0, multiplier=2, max_s=5), 10_000) == 0


def test_the_waits_of_a_run_are_those_of_its_policy() -> None:
    """What the arithmetic gives is what the run waits: requests at 0, 1, 3, 7, 15 and 23 seconds."""
    played = play(file_of(policy=f"attempts: 6, {EXACT}"), "[{status: 500}]")

    assert played.times_s == [0, 1, 3, 7, 15, 23]


def test_the_same_seed_gives_the_same_run() -> None:
    """Chance is an input: what failed with a seed fails with it again."""
    text = file_of(policy="deadline: 20s")

    assert play(text, "[{status: 500}]", seed=7).times_s == play(text, "[{status: 500}]", seed=7).times_s
    assert play(text, "[{status: 500}]", seed=7).times_s != play(text, "[{status: 500}]", seed=8).times_s


def test_a_server_that_appears_is_found_within_a_third_of_a_second() -> None:
    """Refused connections hurt nobody, so the gaps are small and stay small."""
    for seed in range(10):
        played = play(file_of(), "[{error: connect-refused, until: 10s}, {status: 200}]", seed=seed)
        assert 10 <= played.times_s[-1] < 10.3


def test_a_shortage_of_our_own_machine_is_met_with_longer_gaps() -> None:
    """Hurrying makes a lack of descriptors worse: gaps begin at half a second and grow to ten."""
    given = "[{error: local-resource, times: 6}, {status: 200}]"

    assert waits_s(play(file_of(), given, chance=lambda: 0.0)) == [0.5, 1, 2, 4, 5, 5]
