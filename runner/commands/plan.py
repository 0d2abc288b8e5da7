"""``enlist plan``: what a file would do, without doing it."""

import os
from collections.abc import Mapping

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.commands.reading import load_or_tell
from runner.config.binding.binder import MAX_FILE_BYTES
from runner.language.value import Source
from runner.model.outcome import ExitStatus
from runner.model.plan import Plan
from runner.ports import Console, Files, FileTooLarge
from runner.report.plan_text import render_plan
from runner.report.variables import render_variables, sources_of


def show_plan(path: str, files: Files, console: Console, *, environment: Mapping[str, str] | None) -> int:
    """Print the plan of a file, or the table of its variables.

    Args:
        path: the file.
        files: reads it.
        console: where the plan goes.
        environment: given, the variables are shown instead, and which of them it has.

    Returns:
        0, or 1 when the file has errors.
    """
    plan = load_or_tell(path, files, console)
    if plan is None:
        return ExitStatus.FINDINGS
    if environment is None:
        console.out(render_plan(plan))
    else:
        console.out(render_variables(plan, _present(plan, environment, files)))
    return ExitStatus.OK


def _present(plan: Plan, environment: Mapping[str, str], files: Files) -> set[tuple[Source, str]]:
    """Return what is there of what the plan names; a file counts when it can be read."""

    def is_there(source: Source, name: str) -> bool:
        if source is Source.ENV:
            return name in environment
        try:
            files.read(name, MAX_FILE_BYTES)
        except (OSError, FileTooLarge):
            return False
        return True

    return {(source, name) for source, name in sources_of(plan) if is_there(source, name)}


def run_plan(path: str, *, variables: bool) -> int:
    """Show a plan; returns the exit status."""
    environment = os.environ if variables else None
    return show_plan(path, LocalFiles(), StreamConsole(), environment=environment)
