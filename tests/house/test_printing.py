"""What a command says goes through one function, and only adapters write: nothing gets around the redactor and it."""

import ast
from pathlib import Path

import pytest

from runner.adapters.console import neutral

ROOT = Path(__file__).parents[2] / "runner"
WRITERS = {"adapters", "pid1"}
"""Init has words of its own only, and knows nothing of ours."""
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if WRITERS.isdisjoint(path.relative_to(ROOT).parts)]
_WRITING = {"print", "open", "write_text", "write_bytes", "fdopen", "writelines", "dup2"}


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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_adapters_write(path: Path) -> None:
    assert written_around(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    ["print(1)", "sys.stderr.write('x')", "open('f', 'w')", "Path('f').write_text('x')", "os.write(2, b'x')"],
)
def test_writing_past_the_adapters_is_found(code: str) -> None:
    assert written_around(ast.parse(code)) == [1]


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
    assert neutral(said) == written


def test_colours_stay_where_they_may_be_and_nothing_else() -> None:
    assert neutral("\x1b[31mred\x1b[0m \x1b[2J", colour=True) == "\x1b[31mred\x1b[0m \\u001b[2J"


def test_commands_stay_where_they_are_asked_for() -> None:
    assert neutral("::error title=a::b", commands=True) == "::error title=a::b"
