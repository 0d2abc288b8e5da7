"""``enlist explain CODE``: why a finding is a mistake and what to write instead, from what is installed."""

import difflib

from runner.adapters.console import StreamConsole
from runner.model.outcome import ExitStatus
from runner.ports import Console
from runner.report.codes import as_text, load_catalog


def explain_code(code: str, console: Console) -> int:
    """Print what the catalog says about a code.

    Args:
        code: such as ``E203``.
        console: where the explanation goes.

    Returns:
        0; 2 when there is no such code.
    """
    catalog = load_catalog()
    if code in catalog:
        console.out(as_text(catalog[code]))
        return ExitStatus.OK
    console.err(f"there is no code {code}; {_suggest(code, list(catalog))}")
    return ExitStatus.USAGE


def _suggest(code: str, known: list[str]) -> str:
    family = [each for each in known if each[:2] == code[:2]]
    if close := difflib.get_close_matches(code, family, n=1):
        return f"did you mean {close[0]}?"
    *first, last = sorted({each[:2] for each in known})
    return f"codes begin with {', '.join(first)} or {last}"


def run_explain_code(code: str) -> int:
    """Explain a code; returns the exit status."""
    return explain_code(code, StreamConsole())
