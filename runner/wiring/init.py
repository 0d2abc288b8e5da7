"""``enlist init``: the file system, and shtab where it is installed."""

import argparse

from runner.adapters.completion import completion_of
from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.app import init


def run_init(kind: str | None, path: str | None) -> int:
    """Write a file to begin with; returns the exit status."""
    return init.init(kind, path, LocalFiles(), StreamConsole())


def run_schema() -> int:
    """Print the schema; returns the exit status."""
    return init.print_schema(StreamConsole())


def run_completion(parser: argparse.ArgumentParser, shell: str) -> int:
    """Print completion of the command that this parser reads; returns the exit status."""
    return init.print_completion(shell, completion_of(parser), StreamConsole())
