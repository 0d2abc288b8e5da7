"""Where reports go: what cannot be written is a warning, and another user's link or pipe is left alone."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.adapters import notes
from runner.adapters.event_file import EventFile
from runner.adapters.files import LocalFiles, is_stream

NOBODY = 65534
WRITERS: dict[str, Callable[[str], None]] = {
    "a report": lambda path: LocalFiles().write(path, "text"),
    "the stream of events": lambda path: _raise(EventFile(path, str).error),
    "a platform's file": lambda path: notes.append(path, "text"),
}


def _raise(error: OSError | None) -> None:
    if error is not None:
        raise error


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that all may write to, as /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
@pytest.mark.parametrize("kind", ["link", "pipe"])
@pytest.mark.parametrize("what", WRITERS)
def test_another_users_trap_in_a_sticky_folder_is_refused(shared: Path, what: str, kind: str) -> None:
    trap, victim = shared / "report", shared.parent / "victim"
    victim.write_text("mine")
    if kind == "link":
        trap.symlink_to(victim)
    else:
        os.mkfifo(trap)
    os.chown(trap, NOBODY, NOBODY, follow_symlinks=False)

    with pytest.raises(OSError, match="another user's link or pipe"):
        WRITERS[what](str(trap))
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("what", WRITERS)
def test_an_own_link_in_a_sticky_folder_is_followed(shared: Path, what: str) -> None:
    target = shared.parent / "target"
    target.write_text("")
    (shared / "report").symlink_to(target)
    WRITERS[what](str(shared / "report"))

    assert (shared / "report").is_symlink()


@pytest.mark.parametrize("what", WRITERS)
def test_a_path_that_cannot_be_looked_at_is_an_error_of_the_system(tmp_path: Path, what: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    for path in (tmp_path / "loop", tmp_path / ("a" * 300)):
        with pytest.raises(OSError, match=r"too long|levels of symbolic links"):
            WRITERS[what](str(path))


def test_what_is_not_there_is_no_stream(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert not any(map(is_stream, [str(tmp_path / "nothing"), str(tmp_path / "file/below")]))
