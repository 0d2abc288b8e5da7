"""A container is stopped: fast, in the right order, and with the status that says how the application ended."""

import pytest
from containers.conftest import Start
from support.container_files import enlist_yaml

GRACE_S = 20
"""What the orchestrator gives; a stop that takes as long was a kill."""
FAST_S = 13.0
"""A stop that nobody had to force, with podman's own second or so, on a busy machine."""

APP = ("python3", "/srv/app.py")


def test_an_application_that_takes_the_stop_ends_with_its_own_status_and_fast(start: Start) -> None:
    container = start(*APP, "--at-term=end", enlist=enlist_yaml())
    container.await_words("registered after")
    status, seconds = container.stop(GRACE_S)

    assert (status, seconds < FAST_S) == (0, True), container.log


def test_an_application_that_does_not_know_of_stops_dies_of_it_since_it_is_not_process_1(
    start: Start,
) -> None:
    container = start(*APP, "--at-term=die", enlist=enlist_yaml())
    container.await_words("registered after")
    status, seconds = container.stop(GRACE_S)

    assert (status, seconds < FAST_S) == (143, True), container.log


def test_the_same_application_as_process_1_is_killed_at_the_end_of_the_grace(start: Start) -> None:
    container = start("/srv/app.py", "--at-term=die", options=("--entrypoint=python3",))
    container.await_words("app: serving as process 1")
    status, seconds = container.stop(2)

    assert (status, seconds >= 2) == (137, True), container.log


@pytest.mark.parametrize(
    "settled", [True, False], ids=["the registrar has ended", "while the registrar ends"]
)
def test_it_is_taken_out_before_the_application_hears_of_the_stop(start: Start, settled: bool) -> None:
    container = start(*APP, "--at-term=end", enlist=enlist_yaml())
    container.await_words("registered after")
    if settled:
        container.await_processes(2)
    container.stop(GRACE_S)
    told = [line for line in container.lines if line.startswith("app: ")]

    assert told[1:] == ["app: PUT /services/web", "app: DELETE /services/web", "app: told to stop"], (
        container.log
    )


def test_beats_end_before_it_is_taken_out(start: Start) -> None:
    container = start(*APP, "--at-term=end", enlist=enlist_yaml(beat=True))
    container.await_words("app: PUT /beats/web")
    container.stop(GRACE_S)

    assert container.lines.index("app: DELETE /services/web") > max(
        index for index, line in enumerate(container.lines) if line == "app: PUT /beats/web"
    )


def test_an_application_that_ignores_the_stop_is_killed_at_our_deadline_and_not_at_the_grace(
    start: Start,
) -> None:
    container = start(*APP, "--at-term=ignore", enlist=enlist_yaml(stop="{deadline: 2s, deregister: 1s}"))
    container.await_words("registered after")
    status, seconds = container.stop(GRACE_S)

    assert (status, seconds < FAST_S + 2) == (137, True), container.log


@pytest.mark.parametrize("after_words", ["", "app: serving"])
def test_a_stop_that_comes_while_everything_starts_is_not_lost(start: Start, after_words: str) -> None:
    container = start(*APP, "--at-term=die", enlist=enlist_yaml())
    if after_words:
        container.await_words(after_words)
    status, seconds = container.stop(GRACE_S)

    assert (status, seconds < FAST_S) == (143, True), container.log
