"""enlist in a container of its own beside the application, as in a pod: the two share a network and nothing else."""

from containers.conftest import Start
from support.container_files import enlist_yaml
from support.podman import Container

LINE = '--entrypoint=["env", "--block-signal=TERM,INT,HUP,QUIT", "enlist", "run", "/etc/enlist.yaml"]'
"""The command of the examples for Kubernetes: without an application after it."""


def application(start: Start, *words: str) -> Container:
    """The application's container, without enlist."""
    container = start("/srv/app.py", *words, options=("--entrypoint=python3",))
    container.await_words("app: serving")
    return container


def beside(start: Start, container: Container, enlist: str) -> Container:
    """Start enlist in the network of another container."""
    return start(enlist=enlist, options=(LINE, "--read-only", f"--network=container:{container.id}"))


def test_a_sidecar_registers_beats_is_ready_and_deregisters_when_it_is_told_to_stop(start: Start) -> None:
    app = application(start)
    sidecar = beside(start, app, enlist_yaml(beat=True))
    sidecar.await_words("registered after")
    app.await_words("app: PUT /beats/web")
    ready = sidecar.execute("enlist", "status", "--ready").returncode
    status, seconds = sidecar.stop(20)

    assert (ready, status, seconds < 13) == (0, 0, True), sidecar.log
    assert app.lines[-1] == "app: DELETE /services/web"


def test_an_init_container_registers_and_ends_and_what_it_registered_stays(start: Start) -> None:
    app = application(start)
    init = beside(start, app, enlist_yaml())

    assert init.wait() == 0, init.log
    assert app.lines[1:] == ["app: PUT /services/web"]


def test_an_init_container_that_is_refused_says_so_with_its_status(start: Start) -> None:
    app = application(start, "--answer=422")

    assert beside(start, app, enlist_yaml()).wait() == 76
