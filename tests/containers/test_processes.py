"""Process 1 in a container: what nobody else waits for, it does."""

import time

from containers.conftest import Start
from support.container_files import enlist_yaml

ORPHANS = 60


def test_orphans_that_have_ended_leave_no_zombie(start: Start) -> None:
    container = start("python3", "/srv/app.py", f"--orphans={ORPHANS}", enlist=enlist_yaml())
    container.await_words("app: serving")
    time.sleep(0.5)

    assert [each for each in container.processes if each.is_zombie] == [], container.log


def test_an_application_that_is_process_1_itself_collects_them(start: Start) -> None:
    # The control: were there no orphans at all, the test above would see none too.
    container = start("/srv/app.py", f"--orphans={ORPHANS}", options=("--entrypoint=python3",))
    container.await_words("app: serving")
    time.sleep(0.5)

    assert len([each for each in container.processes if each.is_zombie]) == ORPHANS


def test_nothing_of_a_container_runs_on_after_it(start: Start) -> None:
    container = start("python3", "/srv/app.py", "--at-term=end", enlist=enlist_yaml(beat=True))
    container.await_words("app: PUT /beats/web")
    processes = container.processes
    container.stop(20)

    assert len(processes) == 3, "the init, the registrar and the application"
    assert [each for each in processes if each.exists] == []
