"""What an orchestrator sees of a registration that failed: the exit status, and the cause where Kubernetes looks.

Podman and Docker restart on any status but 0, so for them the number is something to read. Kubernetes can be told
what each means: tests/platforms evaluates the rules of the example.
"""

from pathlib import Path

import pytest
from containers.conftest import Start
from support.container_files import enlist_yaml

APP = ("python3", "/srv/app.py", "--at-term=end")


@pytest.mark.parametrize(
    ("answer", "status"), [(503, 75), (422, 76), (403, 77)], ids=["transient", "refused", "denied"]
)
def test_the_status_says_whether_a_restart_helps(start: Start, answer: int, status: int) -> None:
    container = start(*APP, f"--answer={answer}", enlist=enlist_yaml())

    assert container.wait() == status, container.log
    assert "app: told to stop" in container.lines


def test_a_file_that_is_wrong_ends_the_container_before_anything_is_started(start: Start) -> None:
    container = start(*APP, enlist=enlist_yaml() + "surprise: 1\n")

    assert container.wait() == 78, container.log
    assert "surprise" in container.log
    assert "app:" not in container.log


@pytest.mark.parametrize(
    ("command", "status"), [("/no/such", 127), ("/etc/hostname", 126)], ids=["missing", "not a program"]
)
def test_an_application_that_cannot_be_started_is_named(start: Start, command: str, status: int) -> None:
    container = start(command, enlist=enlist_yaml())

    assert container.wait() == status, container.log
    assert command in container.log


def test_the_application_s_own_status_is_that_of_the_container(start: Start) -> None:
    container = start("sh", "-c", "exit 42", enlist=enlist_yaml(register="at_once"))

    assert container.wait() == 42, container.log


@pytest.mark.parametrize(("answer", "status"), [(503, 75), (422, 76)], ids=["may get better", "never"])
def test_podman_restarts_on_both_so_only_the_bound_ends_it_and_the_status_tells(
    start: Start, answer: int, status: int
) -> None:
    container = start(*APP, f"--answer={answer}", enlist=enlist_yaml(), options=("--restart=on-failure:1",))
    seen = container.await_restarts(1)

    assert (seen["RestartCount"], seen["State"]["ExitCode"]) == (1, status), container.log


def test_the_cause_is_where_kubernetes_looks_for_it(start: Start, tmp_path: Path) -> None:
    # As the kubelet does it: a file that all may write, mounted into the container.
    message = tmp_path / "termination-log"
    message.touch()
    message.chmod(0o666)
    container = start(
        *APP,
        "--answer=422",
        enlist=enlist_yaml(),
        options=("--read-only", f"--volume={message}:/dev/termination-log"),
    )

    assert container.wait() == 76, container.log
    assert "rejected (answered 422" in message.read_text(encoding="utf-8")
    assert message.read_text(encoding="utf-8").endswith("exit status 76")
