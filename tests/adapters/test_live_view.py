"""The live view under a real pseudo-terminal, and plain lines everywhere else."""

import asyncio
import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.adapters.live import LiveView

ENLIST = str(Path(sys.executable).with_name("enlist"))
ESCAPE = "\x1b"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
TERMINAL = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color"}
PATIENCE_S = 30.0


class Terminal:
    """A command on a terminal of 80 by 24, and all that it wrote there."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        import fcntl  # noqa: PLC0415 - not on every system, like terminals themselves
        import struct  # noqa: PLC0415 - see above
        import termios  # noqa: PLC0415 - see above

        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [ENLIST, *arguments],
            cwd=folder,
            env={**TERMINAL, **variables},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.written = ""

    def read_until(self, words: str) -> None:
        """Read until some words were written."""
        ends_s = time.monotonic() + PATIENCE_S
        while words not in self.written:
            assert time.monotonic() < ends_s, self.written
            assert self._read(), self.written

    def _read(self) -> bool:
        """Read what is there; false when nothing more will come."""
        if not select.select([self._ours], [], [], 1.0)[0]:
            return True
        try:
            text = os.read(self._ours, 65536).decode()
        except OSError:  # what Linux says when the last writer is gone
            return False
        self.written += text
        return bool(text)

    def end(self) -> int:
        """Read to the end, and return the exit status."""
        ends_s = time.monotonic() + PATIENCE_S
        while self._read():
            assert time.monotonic() < ends_s, self.written
        os.close(self._ours)
        return self.process.wait(PATIENCE_S)


def all_of(ours: int) -> str:
    """Read what was written to a terminal that nobody writes to any more."""
    written = b""
    with contextlib.suppress(OSError):  # what Linux says at the end
        while text := os.read(ours, 65536):
            written += text
    os.close(ours)
    return written.decode()


def screen_of(written: str) -> list[str]:
    """Return the lines that a terminal shows in the end; it knows the few sequences that are used."""
    lines, row, column = [""], 0, 0
    for sequence, letter, control in re.findall(r"\x1b\[([?0-9;]*)([A-Za-z])|([^\x1b])", written):
        if control == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif control == "\r":
            column = 0
        elif control:
            lines[row] = lines[row].ljust(column)[:column] + control + lines[row][column + 1 :]
            column += 1
        elif letter == "A":
            row = max(0, row - int(sequence or 1))
        elif letter == "K":
            lines[row] = ""
        else:
            assert letter in "mhl", (sequence, letter)
    return [line.rstrip() for line in lines if line.strip()]


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    """A folder with a file whose control plane is not there, and which is given up on after 1.2 seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "f.yaml").write_text(
        f'version: 1\nendpoints: {{e: {{url: "http://127.0.0.1:{port}"}}}}\n'
        "retry_policies: {default: {deadline: 1200ms}}\n"
        "registrations: {orders: {request: {method: PUT, path: /a}}}\n"
    )
    return tmp_path


def test_a_terminal_gets_rows_that_vanish_and_a_clean_end(nobody: Path) -> None:
    terminal = Terminal(nobody, "run", "f.yaml")
    status = terminal.end()
    screen = screen_of(terminal.written)

    assert status == 75
    assert "trying again" in terminal.written
    assert terminal.written.count(HIDE_CURSOR) == terminal.written.count(SHOW_CURSOR) == 1
    assert terminal.written.index(HIDE_CURSOR) < terminal.written.index(SHOW_CURSOR)
    assert re.search(
        r"ERROR   orders.register #\d+: failed \(unreachable\): connection refused by", screen[0]
    )
    assert screen[1].startswith("failed orders (")
    assert screen[-1].startswith("exit status 75 after ")
    assert not any("trying again" in line for line in screen)


def test_the_rows_are_drawn_at_most_eight_times_a_second(nobody: Path) -> None:
    terminal = Terminal(nobody, "run", "f.yaml")
    terminal.end()

    assert 2 <= terminal.written.count("trying again") <= 8


def test_an_interruption_leaves_the_terminal_clean(nobody: Path) -> None:
    (nobody / "f.yaml").write_text((nobody / "f.yaml").read_text().replace("1200ms", "60s"))
    terminal = Terminal(nobody, "run", "f.yaml")
    terminal.read_until("trying again")
    terminal.process.send_signal(signal.SIGINT)
    status = terminal.end()
    screen = screen_of(terminal.written)

    assert status == 130
    assert terminal.written.rindex(SHOW_CURSOR) > terminal.written.rindex(HIDE_CURSOR)
    assert screen[0].startswith("cancelled orders: interrupted (")
    assert screen[1].startswith("exit status 130 after ")
    assert len(screen) == 2


def test_a_terminal_that_takes_no_more_does_not_hold_up_the_run(nobody: Path) -> None:
    """Ctrl-S stops the output and nothing else: the deadline comes when it comes, and then the rest is shown."""
    started_s = time.monotonic()
    terminal = Terminal(nobody, "run", "--report", "json=report.json", "f.yaml")
    terminal.read_until("trying again")
    os.write(terminal._ours, b"\x13")
    time.sleep(max(0.0, started_s + 3 - time.monotonic()))
    os.write(terminal._ours, b"\x11")

    assert terminal.end() == 75
    assert json.loads((nobody / "report.json").read_text())["elapsed_s"] < 2.5


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--plain"], {}),
        ([], {"NO_COLOR": "1"}),
        ([], {"TERM": "dumb"}),
        (["--log-format", "json"], {}),
    ],
)
def test_who_wants_plain_lines_gets_no_escape_sequence_on_a_terminal(
    nobody: Path, arguments: list[str], variables: dict[str, str]
) -> None:
    terminal = Terminal(nobody, "run", *arguments, "f.yaml", **variables)

    assert terminal.end() == 75
    assert "connection refused by" in terminal.written
    assert ESCAPE not in terminal.written


def test_what_is_no_terminal_gets_plain_lines_and_never_loads_rich(nobody: Path) -> None:
    (nobody / "rich.py").write_text("raise SystemExit('rich was loaded')\n")
    command = [
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, '.'); from runner.cli import entry; entry()",
    ]
    for variables in ({}, {"FORCE_COLOR": "1"}):
        ended = subprocess.run(
            [*command, "run", "f.yaml"],
            cwd=nobody,
            env={**TERMINAL, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ended.returncode == 75, ended.stderr
        assert " INFO    orders.register #1 unreachable: connection refused by" in ended.stderr
        assert ESCAPE not in ended.stdout + ended.stderr


def test_without_rich_a_terminal_gets_lines(nobody: Path) -> None:
    """It is an extra: a finder that denies it stands for an installation without."""
    deny = (
        "import importlib.util as u, sys; find = u.find_spec; "
        "u.find_spec = lambda name, *more: None if name == 'rich' else find(name, *more); "
        "from runner.cli import entry; entry()"
    )
    ours, theirs = pty.openpty()
    ended = subprocess.run(
        [sys.executable, "-c", deny, "run", "f.yaml"],
        cwd=nobody,
        env=TERMINAL,
        stderr=theirs,
        timeout=PATIENCE_S,
        check=False,
    )
    os.close(theirs)
    written = all_of(ours)

    assert ended.returncode == 75
    assert HIDE_CURSOR not in written
    assert "orders.register #1 unreachable: connection refused by" in written


@pytest.mark.parametrize("there", [True, False])
def test_a_view_that_fails_ends_and_neither_the_run_nor_its_lines_suffer(*, there: bool) -> None:
    """A bug in the painting, or a terminal that went away: the lines come, or nothing does, and nothing is raised."""
    ours, theirs = pty.openpty()

    def paint(width: int, height: int) -> list[list[tuple[str, str]]]:
        raise ZeroDivisionError(width, height)

    async def run() -> None:
        with LiveView(paint, stream) as view:
            view.write("early\n")
            if not there:
                os.close(ours)
            await asyncio.sleep(0.5)
            view.write("late\n")

    stream = os.fdopen(theirs, "w")
    asyncio.run(run())
    with contextlib.suppress(OSError):  # what could not be written to a terminal that is gone
        stream.close()
    if there:
        assert all_of(ours) == "early\r\nlate\r\n"
