"""All that a command says or writes goes through one function, and only adapters write: nothing gets around it."""

import ast
import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.adapters.console import StoryConsole, StreamConsole, tell_bug, tell_line
from runner.adapters.event_file import EventFile
from runner.adapters.files import LocalFiles
from runner.adapters.http.status_listener import answering
from runner.adapters.live import LiveView
from runner.adapters.log import LogReporter, say_what_libraries_log
from runner.adapters.notes import append, overwrite
from runner.adapters.output import KNOWN, cleaned
from runner.adapters.socket_of import listening_socket
from runner.model.event import EventKind, Level, RunEvent

ROOT = Path(__file__).parents[2] / "runner"
WRITERS = {"adapters", "pid1"}
"""Init has words of its own only, and knows nothing of ours."""
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if WRITERS.isdisjoint(path.relative_to(ROOT).parts)]
_WRITING = {
    "print", "open", "write_text", "write_bytes", "fdopen", "writelines", "dup2",
    "excepthook", "print_exc", "print_exception", "print_stack", "showwarning",
}  # fmt: skip
PIPES = {"link.py"}
"""What goes from one of our processes to the other is for nobody's eyes, and told by whoever hears it."""


def written_around(tree: ast.Module) -> list[int]:
    """Return the lines in which something is written, or a stream is taken to write to it."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            on = getattr(called, "value", None)
            on_stream = isinstance(on, ast.Attribute) and on.attr in {"stdout", "stderr"}
            on_system = isinstance(on, ast.Name) and on.id == "os" and name in {"write", "open"}
            if name in _WRITING or on_system or (on_stream and name == "write"):
                found.append(node.lineno)
    return found


def sends(tree: ast.Module) -> bool:
    """Whether a module writes, or answers over HTTP with a text that is not its own."""
    texts = [
        word.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "text" and getattr(node.func, "attr", "") == "Response"
    ]
    return bool(written_around(tree)) or any(not isinstance(text, ast.Constant) for text in texts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_adapters_write(path: Path) -> None:
    assert written_around(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    ["print(1)", "sys.stderr.write('x')", "open('f', 'w')", "Path('f').write_text('x')", "os.write(2, b'x')"],
)
def test_writing_past_the_adapters_is_found(code: str) -> None:
    assert written_around(ast.parse(code)) == [1]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((ROOT / "adapters").rglob("*.py"))
        if path.name not in PIPES and sends(ast.parse(path.read_text(encoding="utf-8")))
    ],
    ids=lambda path: path.name,
)
def test_an_adapter_that_writes_cleans_what_it_writes(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert any(isinstance(node, ast.Name) and node.id in {"cleaned", "tell_line"} for node in ast.walk(tree))


def test_in_the_adapters_only_the_console_and_the_live_view_name_the_streams() -> None:
    naming = {
        path.name
        for path in (ROOT / "adapters").rglob("*.py")
        if any(
            isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr"}
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }

    assert naming == {"console.py", "live.py"}


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("two\nlines\tand ü", "two\nlines\tand ü"),
        ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),
        ("a\u202eb\rc\x07", "a\\u202eb\\rc\\u0007"),
        ("::error::forged", "\\::error::forged"),
        ("ok\n  ::error file=a::forged", "ok\n  \\::error file=a::forged"),
        ("##[error]forged", "\\##[error]forged"),
        ("a::b", "a::b"),
    ],
)
def test_what_is_said_moves_no_cursor_and_gives_no_command(said: str, written: str) -> None:
    assert cleaned(said) == written


def test_colours_stay_where_they_may_be_and_nothing_else() -> None:
    assert cleaned("\x1b[31mred\x1b[0m \x1b[2J", colour=True) == "\x1b[31mred\x1b[0m \\u001b[2J"


def test_commands_stay_where_they_are_asked_for() -> None:
    assert cleaned("::error title=a::b", commands=True) == "::error title=a::b"


SECRET = "s3cr3t-tok3n-of-the-run"
SAID = f"\x1b[2Jthe token {SECRET}\u202e"
TOLD = "\x1b[2J\u202eend"
EVENT = RunEvent(event=EventKind.NOTE, level=Level.WARNING, elapsed_s=0.0, cause=TOLD)


def bug() -> BaseException:
    return RuntimeError(SAID)


def library_log(_: Path) -> None:
    say_what_libraries_log(StoryConsole(as_json=True).err)
    error = bug()
    thrown = (type(error), error, None)
    record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, "a task failed", None, thrown)
    assert logging.lastResort is not None
    logging.lastResort.handle(record)


MASKING: dict[str, Callable[[Path], None]] = {
    "standard output": lambda _: StreamConsole().out(SAID),
    "standard error": lambda _: StreamConsole().err(SAID),
    "a story": lambda _: StoryConsole().err(SAID),
    "a story in JSON": lambda _: StoryConsole(as_json=True).err(SAID),
    "a bug": lambda _: tell_bug(bug()),
    "what libraries log": library_log,
    "a new file": lambda folder: LocalFiles().create(str(folder / "new"), SAID),
    "a termination message": lambda folder: overwrite(touched(folder), SAID),
}
"""What may say anything: secrets are masked on the way out."""


def touched(folder: Path) -> str:
    (folder / "there").touch()
    return str(folder / "there")


def drawn(folder: Path) -> None:
    stream = io.StringIO()
    view = LiveView(lambda *_: [], stream)
    view.write(TOLD)
    (folder / "drawn").write_text(stream.getvalue(), encoding="utf-8")


def answered(folder: Path) -> None:
    async def metrics() -> str:
        return TOLD

    async def ask() -> bytes:
        listener = listening_socket("127.0.0.1:0")
        async with answering(listener, lambda: (200, TOLD), metrics):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            answer = b""
            for path in (b"/readyz", b"/metrics"):
                writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n")
                answer += await reader.readuntil(b"end")
            writer.close()
            return answer

    (folder / "answered").write_bytes(asyncio.run(ask()))


DATA: dict[str, Callable[[Path], None]] = {
    "the log": lambda _: LogReporter(
        lambda each: str(each.cause), bare=True, level="debug", colour=False
    ).on_event(EVENT),
    "a line of the log": lambda _: tell_line(TOLD, masked=True),
    "the stream of events": lambda folder: EventFile(
        str(folder / "e"), lambda each: str(each.cause)
    ).on_event(EVENT),
    "a report": lambda folder: LocalFiles().write(str(folder / "report"), TOLD),
    "a step summary": lambda folder: append(touched(folder), TOLD),
    "the live view": drawn,
}
"""What is made of events and outcomes, which were masked as data when they were told."""


def sent(outlet: Callable[[Path], None], folder: Path, capfd: pytest.CaptureFixture[str]) -> str:
    KNOWN.redactor.learn(SECRET)
    outlet(folder)
    sys.stdout.flush()
    files = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))
    return "".join(capfd.readouterr()) + files


@pytest.mark.parametrize("outlet", [*MASKING, *DATA])
def test_no_control_character_leaves_a_process(
    outlet: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    text = sent({**MASKING, **DATA}[outlet], tmp_path, capfd)

    assert "u001b[2J" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_no_control_character_is_answered_over_http(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = sent(answered, tmp_path, capfd)

    assert text.count("u001b[2J") == 2
    assert "\x1b" not in text


@pytest.mark.parametrize("outlet", MASKING)
def test_no_secret_leaves_a_process(
    outlet: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    text = sent(MASKING[outlet], tmp_path, capfd)

    assert "the token ***" in text
    assert SECRET not in text


def test_what_libraries_log_is_json_in_a_log_of_json(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "lastResort", logging.lastResort)
    (line,) = sent(library_log, tmp_path, capfd).splitlines()

    assert json.loads(line)["level"] == "error"
