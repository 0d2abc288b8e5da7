"""``enlist explain CODE``: the console; the files of the user have no part in it."""

from runner.adapters.console import StreamConsole
from runner.app.explain_code import explain_code


def run_explain_code(code: str) -> int:
    """Explain a code; returns the exit status."""
    return explain_code(code, StreamConsole())
