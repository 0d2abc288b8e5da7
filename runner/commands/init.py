"""``enlist init``: a commented file that passes, the schema, and shell completion.

The first five minutes decide whether somebody stays: what it writes is right as it stands, has tests of its
own, and names the commands that come next. It never replaces a file that is there.
"""

import argparse
import shlex
from collections.abc import Callable
from importlib import resources
from typing import Protocol

from runner.adapters.completion import completion_of
from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.commands.arguments import DEFAULT_FILE, KINDS, STDOUT, is_file
from runner.model.outcome import ExitStatus
from runner.ports import Console


class NewFiles(Protocol):
    """Makes files where there are none."""

    def create(self, path: str, text: str) -> None:
        """Write a new file.

        Raises:
            FileExistsError: there is something of that name, and it is untouched.
            OSError: it cannot be written.
        """
        ...


def init(kind: str | None, path: str | None, files: NewFiles, console: Console) -> int:
    """Write a file to begin with, and say what comes next.

    Args:
        kind: one of ``KINDS``, or the file's name when it stands alone.
        path: the file; ``-`` is standard output.
        files: writes it.
        console: where the result or the story goes.

    Returns:
        0 when it was written, 2 when not.
    """
    if kind is not None and is_file(kind):
        if path is not None:
            console.err(f"enlist init: the kind stands before the file: enlist init KIND {shlex.quote(kind)}")
            return ExitStatus.USAGE
        kind, path = None, kind
    text = template(kind or KINDS[0])
    if path == STDOUT:
        console.out(text.rstrip("\n"))
        return ExitStatus.OK
    return _write(path or DEFAULT_FILE, text, files, console)


def _write(path: str, text: str, files: NewFiles, console: Console) -> int:
    try:
        files.create(path, text)
    except FileExistsError:
        console.err(f"{path}: is there already, and was not touched; name another file, or - to print it")
        return ExitStatus.USAGE
    except OSError as error:
        console.err(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}")
        return ExitStatus.USAGE
    name = shlex.quote(path)
    console.err(f"{path}: written. What comes next:")
    for command, why in (
        (f"enlist test {name}", "plays its tests, without a network"),
        (f"enlist sandbox --run {name}", "runs it against a control plane that enlist plays"),
        (f"enlist run {name}", "runs it against yours"),
    ):
        console.err(f"  {command}  # {why}")
    return ExitStatus.OK


def template(kind: str) -> str:
    """Return the file to begin with."""
    folder = resources.files("runner.recipes").joinpath("init")
    return folder.joinpath(f"{kind}.enlist.yaml").read_text(encoding="utf-8")


def print_schema(console: Console) -> int:
    """Print the schema of the language, byte for byte as it is bundled."""
    schema = resources.files("runner.schemas").joinpath("enlist.v1.schema.json")
    console.out(schema.read_text(encoding="utf-8").rstrip("\n"))
    return ExitStatus.OK


def print_completion(shell: str, generate: Callable[[str], str] | None, console: Console) -> int:
    """Print completion for a shell.

    Args:
        shell: its name.
        generate: makes it, unless what makes it is not installed.
        console: where it goes.

    Returns:
        0, or 2 where it cannot be made.
    """
    if generate is None:
        console.err("completion is made by shtab, which is not installed: pip install 'enlist[completion]'")
        return ExitStatus.USAGE
    console.out(generate(shell).rstrip("\n"))
    return ExitStatus.OK


def run_init(kind: str | None, path: str | None) -> int:
    """Write a file to begin with; returns the exit status."""
    return init(kind, path, LocalFiles(), StreamConsole())


def run_schema() -> int:
    """Print the schema; returns the exit status."""
    return print_schema(StreamConsole())


def run_completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print completion of the command that this parser reads; returns the exit status."""
    return print_completion(shell, completion_of(parser), StreamConsole())
