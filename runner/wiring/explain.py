"""``enlist explain``: files and console."""

import os

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.app import explain


def run_explain(path: str, question: explain.Question) -> int:
    """Explain an answer; returns the exit status."""
    return explain.explain(path, question, LocalFiles(), StreamConsole(), os.environ)
