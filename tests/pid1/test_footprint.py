"""What stays beside an application once nothing is left to do: init, and little of it."""

from pid1.conftest import Start
from support.processes import pids_of_children, status_of
from support.subjects import APP, WITH_UNDO, Subject, Way, both_ways, for_ours

LIMIT_KB = 14 * 1024


@for_ours
@both_ways
def test_init_alone_remains_and_is_small(start: Start, subject: Subject, way: Way) -> None:
    running = start(subject, way, [*APP, "listen=15"], top=WITH_UNDO)
    running.await_word("listens")
    running.await_registered()

    assert pids_of_children(running.init) == [running.app.pid]
    assert int(status_of(running.init)["VmRSS"].split()[0]) <= LIMIT_KB
    assert status_of(running.init)["Threads"] == "1"
