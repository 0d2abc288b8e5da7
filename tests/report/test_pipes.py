"""A report that goes to a pipe: its reader gets all of it, and whoever does not read holds up no run."""

import os
import threading
from pathlib import Path

import pytest
from report.test_report_files import write_file
from support.process import Enlist, Server

from runner.adapters import files
from runner.adapters.files import LocalFiles
from runner.commands.arguments import REPORT_FORMS

LONG = "ä line of a report\n" * 50_000


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    os.mkfifo(tmp_path / "pipe")
    return str(tmp_path / "pipe")


@pytest.mark.parametrize("form", REPORT_FORMS)
def test_a_pipe_that_nobody_reads_is_a_warning(
    enlist: Enlist, tmp_path: Path, server: Server, pipe: str, form: str
) -> None:
    write_file(tmp_path, server)
    ended = enlist("run", "--report", f"{form}={pipe}", "f.yaml")

    assert ended.status == 0, ended
    assert f"warning: the report {pipe} was not written: no such device or address" in ended.err


def test_a_reader_that_reads_little_at_a_time_gets_all(pipe: str) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    pieces: list[bytes] = []

    def read() -> None:
        while piece := os.read(reader, 1000):
            pieces.append(piece)

    # Without a writer, the end of the pipe is what is read first.
    writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    thread = threading.Thread(target=read)
    thread.start()
    LocalFiles().write(pipe, LONG)
    os.close(writer)
    thread.join()
    os.close(reader)

    assert b"".join(pieces) == LONG.encode()


def test_a_reader_that_stops_is_not_waited_for(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PATIENCE_MS", 10)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    with pytest.raises(TimeoutError, match="nobody reads it"):
        LocalFiles().write(pipe, LONG)
    os.close(reader)


def test_a_reader_that_goes_is_an_error_and_no_end(pipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = [os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)]
    write = os.write

    def write_and_lose_the_reader(descriptor: int, data: bytes) -> int:
        written = write(descriptor, data)
        os.close(readers.pop())
        return written

    monkeypatch.setattr(os, "write", write_and_lose_the_reader)

    with pytest.raises(BrokenPipeError):
        LocalFiles().write(pipe, LONG)
