"""``enlist validate``, ``enlist plan``: files and console, and nothing that needs an event loop."""

import os
from collections.abc import Sequence

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.app import plan, validate


def run_validate(paths: Sequence[str], *, with_environment: bool) -> int:
    """Check files; returns the exit status."""
    environment = os.environ if with_environment else None
    return validate.validate(paths, LocalFiles(), StreamConsole(), environment=environment)


def run_plan(path: str, *, variables: bool) -> int:
    """Show a plan; returns the exit status."""
    return plan.show_plan(path, LocalFiles(), StreamConsole(), variables=variables)
