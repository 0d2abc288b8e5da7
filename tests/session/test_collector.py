"""What many registrations are made of is left alone by the collector: going through it would hold up the loop."""

import gc
from collections.abc import Iterator

import pytest

from runner.commands.observers import pass_over_what_is_there


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Other tests' garbage is collected as ever."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def is_gone_through(thing: object) -> bool:
    """Whether a full collection visits a thing."""
    return any(each is thing for each in gc.get_objects())


def test_a_collection_does_not_go_through_what_a_run_is_made_of() -> None:
    made: list[object] = [[]]
    assert is_gone_through(made)

    pass_over_what_is_there()

    assert not is_gone_through(made)


def test_what_a_later_verdict_finds_is_collected_as_ever() -> None:
    pass_over_what_is_there()
    later: list[object] = [[]]

    pass_over_what_is_there()

    assert is_gone_through(later)
