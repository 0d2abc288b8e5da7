"""``enlist plan``: what a file would do, without doing it."""

from runner.app.reading import load_or_tell
from runner.model.outcome import ExitStatus
from runner.ports import Console, Files
from runner.report.plan_text import render_plan, render_variables


def show_plan(path: str, files: Files, console: Console, *, variables: bool) -> int:
    """Print the plan of a file, or the table of its variables.

    Returns:
        0, or 1 when the file has errors.
    """
    plan = load_or_tell(path, files, console)
    if plan is None:
        return ExitStatus.FINDINGS
    console.out(render_variables(plan) if variables else render_plan(plan))
    return ExitStatus.OK
