"""The kernel kills for memory: which of the processes it takes, and what an orchestrator sees of that."""

import os
import signal

from containers.conftest import Start
from support.container_files import enlist_yaml
from support.podman import Container

APP = ("python3", "/srv/app.py")


def kill_registrar(container: Container) -> None:
    """Do to the registrar what the kernel does."""
    (found,) = (each for each in container.await_processes(3) if " registrar " in each.words)
    os.kill(found.pid, signal.SIGKILL)


def test_an_application_that_is_killed_for_memory_ends_the_container_with_137_and_is_taken_out(
    start: Start,
) -> None:
    container = start(
        *APP, "--allocate-mib=500", enlist=enlist_yaml(), options=("--memory=128m", "--memory-swap=128m")
    )
    container.await_words("registered after")
    container.await_processes(2)
    # USR1 is passed on, and tells the application to begin.
    container.send(signal.SIGUSR1)

    # Its control plane has died with it, so that it was asked for shows in the log only.
    assert container.wait() == 137, container.log
    assert "deregister" in container.log


def test_what_enlist_leaves_in_memory_once_all_is_registered_is_small(start: Start) -> None:
    container = start(*APP, enlist=enlist_yaml())
    container.await_words("registered after")
    container.await_processes(2)

    assert container.processes[0].resident_kib < 14 * 1024, container.log


def test_a_registrar_that_is_killed_for_memory_again_and_again_ends_the_container_with_75(
    start: Start,
) -> None:
    # Too little for a registrar and enough for the init and a shell; the kernel takes the biggest.
    container = start(
        "sleep", "60", enlist=enlist_yaml(register="at_once"), options=("--memory=28m", "--memory-swap=28m")
    )

    # A limit of memory is the platform's: with more of it, or elsewhere, another start may succeed.
    assert container.wait() == 75, container.log


def test_an_application_that_is_to_keep_running_does_so_without_a_registrar(start: Start) -> None:
    container = start(*APP, "--at-term=end", enlist=enlist_yaml(beat=True, on_failure="keep_running"))
    container.await_words("app: PUT /beats/web")
    for words in ("is started once more", "goes on without its registration"):
        kill_registrar(container)
        container.await_words(words)
    ready = container.execute("enlist", "status", "--ready").returncode

    assert (ready, container.stop(20)[0]) == (1, 0), container.log


def test_a_registrar_that_is_killed_once_is_replaced_and_beats_go_on(start: Start) -> None:
    container = start(*APP, "--at-term=end", enlist=enlist_yaml(beat=True))
    container.await_words("app: PUT /beats/web")
    kill_registrar(container)
    container.await_words("(?s)is started once more.*app: PUT /beats/web")

    assert container.lines.count("app: PUT /services/web") == 1, "what stands is kept, not registered again"
    assert container.stop(20)[0] == 0, container.log
    assert "app: DELETE /services/web" in container.lines
