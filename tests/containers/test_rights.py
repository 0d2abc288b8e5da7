"""Containers with as few rights as a cluster leaves them: everything works, and `enlist status` too."""

import pytest
from containers.conftest import Start
from support.container_files import enlist_yaml

APP = ("python3", "/srv/app.py", "--at-term=end")
LOCKED = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--pids-limit=64")
EMPTY_DIR = "--tmpfs=/run/enlist:rw,nosuid,nodev,noexec,mode=0777"
"""As a volume of Kubernetes is: it belongs to root, and all may write."""


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((*LOCKED, "--user=1000"), id="podman's own /run"),
        pytest.param((*LOCKED, "--read-only-tmpfs=false", EMPTY_DIR, "--user=1000:1000"), id="an emptyDir"),
        pytest.param(
            (*LOCKED, "--read-only-tmpfs=false", EMPTY_DIR, "--user=123456:0"), id="a user without a name"
        ),
    ],
)
def test_with_no_rights_at_all_it_registers_is_healthy_and_stops(
    start: Start, options: tuple[str, ...]
) -> None:
    container = start(*APP, enlist=enlist_yaml(beat=True), options=options)
    container.await_words("registered after")
    container.await_words("app: PUT /beats/web")
    status = container.execute("enlist", "status", "--ready")

    assert (status.returncode, status.stderr) == (0, ""), container.log
    assert container.stop(20)[0] == 0, container.log
    assert "app: DELETE /services/web" in container.lines


def test_where_nothing_can_be_written_it_registers_all_the_same_and_counts_as_not_ready(start: Start) -> None:
    container = start(*APP, enlist=enlist_yaml(), options=(*LOCKED, "--read-only-tmpfs=false"))
    container.await_words("registered after")
    status = container.execute("enlist", "status", "--ready")

    assert (status.returncode, "/run/enlist" in status.stderr) == (1, True)
    assert container.stop(20)[0] == 0, container.log


def test_as_root_in_the_container_it_works_too(start: Start) -> None:
    container = start(*APP, enlist=enlist_yaml(), options=("--user=0",))
    container.await_words("registered after")

    assert container.execute("enlist", "status", "--ready").returncode == 0
