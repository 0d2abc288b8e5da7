"""``enlist validate``, ``enlist plan``: files and console, and nothing that needs an event loop."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.app import plan, validate
from runner.model.version import VERSION
from runner.report.findings import Setting, render_text
from runner.report.findings_github import render_github
from runner.report.findings_json import render_json
from runner.report.findings_sarif import render_sarif

_FORMATS = {"json": render_json, "github": render_github, "sarif": render_sarif}


def run_validate(
    paths: Sequence[str], *, with_environment: bool, form: str = "text", strict: bool = False
) -> int:
    """Check files; returns the exit status."""
    environment = os.environ if with_environment else None
    return validate.validate(
        paths,
        LocalFiles(),
        StreamConsole(commands=form == "github"),
        environment=environment,
        render=_renderer(form),
        strict=strict,
    )


def _renderer(form: str) -> validate.Render:
    return render_text if form == "text" else partial(_FORMATS[form], setting=_setting())


def _setting() -> Setting:
    """Where this is: a code host relates paths to its checkout, whatever folder a step works in."""
    folder = str(Path.cwd())
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    root = workspace if Path(workspace).is_absolute() else folder
    return Setting(version=VERSION, folder=folder, root=root)


def run_plan(path: str, *, variables: bool) -> int:
    """Show a plan; returns the exit status."""
    environment = os.environ if variables else None
    return plan.show_plan(path, LocalFiles(), StreamConsole(), environment=environment)
