"""What many registrations are made of is left alone by the collector: going through it would hold up the loop."""

import gc
from collections.abc import Iterator

import pytest

from runner.commands.beside import PassedOver


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
    before: list[object] = [[]]
    passed_over = PassedOver()
    registered: list[object] = [[]]
    assert (is_gone_through(before), is_gone_through(registered)) == (False, True)

    passed_over.grow()

    assert not is_gone_through(registered)


def test_what_comes_after_the_first_verdict_is_collected_as_ever() -> None:
    passed_over = PassedOver()
    passed_over.end()
    later: list[object] = [[]]

    passed_over.grow()
    passed_over.end()

    assert is_gone_through(later)
