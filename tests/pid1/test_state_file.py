"""The state file: what a running process says of itself, believed only while it runs, and private to its user."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pid1.conftest import Start
from support.processes import await_that
from support.subjects import APP, INIT, Subject, Way, as_pid_1, subjects

from runner.pid1.state_file import StateFile, folder_of, identity, running


def mine(base: Path) -> Path:
    return base / f"uid-{os.geteuid()}"


def test_what_a_process_writes_is_read_while_it_runs(tmp_path: Path) -> None:
    file = StateFile(str(tmp_path))
    file.write({"ready": True})

    assert [(state["pid"], state["ready"]) for state in running(str(tmp_path))] == [(os.getpid(), True)]
    file.remove()
    assert list(running(str(tmp_path))) == []


def test_a_state_that_cannot_be_written_is_no_state_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StateFile(str(tmp_path))
    file.write({"ready": True})
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda _, text: len(text) // 2)
        file.write({"ready": False})

    assert list(running(str(tmp_path))) == []
    assert list(mine(tmp_path).iterdir()) == []
    assert file.problem == "the state cannot be written: no space left on device"
    file.write({"ready": False})
    assert [state["ready"] for state in running(str(tmp_path))] == [False]
    assert file.problem is None


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    StateFile(str(tmp_path / "new")).write({"ready": True})
    folder = mine(tmp_path / "new")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_what_a_dead_process_left_behind_is_not_believed(tmp_path: Path) -> None:
    program = (
        f"from runner.pid1.state_file import StateFile; StateFile({str(tmp_path)!r}).write({{'ready': True}})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)

    assert len(list(mine(tmp_path).iterdir())) == 1
    assert list(running(str(tmp_path))) == []


def test_a_pid_that_another_process_has_now_is_not_believed(tmp_path: Path) -> None:
    StateFile(str(tmp_path)).write({"ready": True})
    (path,) = mine(tmp_path).iterdir()
    begun = identity(os.getpid())
    assert begun is not None
    path.write_text(path.read_text().replace(f'"{begun[1]}"', '"1"'))

    assert list(running(str(tmp_path))) == []


@pytest.mark.parametrize("content", ["", "[]", "nonsense", '{"format": 2}', '{"format": 1, "pid": "x"}'])
def test_what_is_no_state_is_passed_over(tmp_path: Path, content: str) -> None:
    StateFile(str(tmp_path))
    (mine(tmp_path) / "1.json").write_text(content)

    assert list(running(str(tmp_path))) == []


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    mine(tmp_path).symlink_to(elsewhere)
    file = StateFile(str(tmp_path))
    file.write({"ready": True})

    assert file.problem is not None
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_others_can_use_is_not_used(tmp_path: Path) -> None:
    mine(tmp_path).mkdir()
    mine(tmp_path).chmod(0o777)
    file = StateFile(str(tmp_path))

    assert file.problem is not None
    assert "others may use it" in file.problem


def test_where_nothing_can_be_written_there_is_no_state_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = StateFile(str(tmp_path / "file"))
    file.write({"ready": True})
    file.remove()

    assert file.problem is not None


def test_the_folder_is_the_one_that_the_environment_names() -> None:
    assert folder_of({"ENLIST_STATE_DIR": "/a", "XDG_RUNTIME_DIR": "/b"}) == "/a"
    assert folder_of({"XDG_RUNTIME_DIR": "/run/user/1"}) == "/run/user/1/enlist"
    assert folder_of({}) == "/run/enlist"


@subjects(INIT)
@as_pid_1
def test_two_containers_that_share_the_folder_leave_each_others_state_alone(
    start: Start, subject: Subject, way: Way, tmp_path: Path
) -> None:
    shared = {"ENLIST_STATE_DIR": str(tmp_path / "shared")}
    first, second = (start(subject, way, [*APP, "listen=15:3"], environment=shared) for _ in range(2))
    for each in (first, second):
        each.await_word("listens")
        each.await_registered()
    await_that(lambda: states_in(tmp_path / "shared") == [True, True], lambda: f"{first}\n{second}")

    second.send(15)

    assert second.wait() == 3
    assert states_in(tmp_path / "shared") == [True]
    first.send(15)
    assert first.wait() == 3
    assert states_in(tmp_path / "shared") == []


def states_in(folder: Path) -> list[bool]:
    """Return of each state in a folder whether it is ready."""
    return [json.loads(each.read_bytes())["ready"] for each in folder.glob("uid-*/[!.]*.json")]
