"""Four hundred random runs in the suite; ``python -m tests.soak`` runs as many as you like."""

import pytest
from soak.play import play

CHUNK = 100


@pytest.mark.parametrize("chunk", range(4))
def test_no_random_run_breaks_a_promise(chunk: int) -> None:
    broken = {seed: play(seed).broken() for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK)}

    assert {seed: problems for seed, problems in broken.items() if problems} == {}


def test_the_same_seed_gives_the_same_run_to_the_last_event() -> None:
    for seed in range(15):
        first, second = play(seed), play(seed)

        assert first.events == second.events
        assert first.report == second.report
