"""``enlist validate``: everything that is wrong with some files, without network and environment."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.commands.reading import load, load_recipe
from runner.config.binding.bind import bind
from runner.config.binding.late import settle
from runner.config.lint.lint import lint
from runner.language.recipes import SUFFIX
from runner.language.terms import VerbName
from runner.model.diagnostic import Severity
from runner.model.outcome import ExitStatus
from runner.model.version import VERSION
from runner.ports import Console, Files
from runner.report.diagnostics import count_in_words
from runner.report.findings import STDIN, CheckedFile, Setting, all_findings, render_text
from runner.report.findings_github import render_github
from runner.report.findings_json import render_json
from runner.report.findings_sarif import render_sarif

Render = Callable[[Sequence[CheckedFile]], str]
"""What is printed of the files and their findings."""


def validate(
    paths: Sequence[str],
    files: Files,
    console: Console,
    *,
    environment: Mapping[str, str] | None = None,
    render: Render = render_text,
    strict: bool = False,
) -> int:
    """Check files and print what was found on standard output.

    Args:
        paths: the files; ``-`` is standard input.
        files: reads them.
        console: where findings go.
        environment: given, each file is also bound to it.
        render: the format, as text if not given.
        strict: whether warnings count, too.

    Returns:
        0 when all are clean, 1 when something was found that counts.
    """
    checked = [_check(path, files, environment) for path in sorted(set(paths))]
    if text := render(checked):
        console.out(text)
    found = all_findings(checked)
    if not found:
        return ExitStatus.OK
    console.err(count_in_words(found))
    counts = strict or any(finding.severity is Severity.ERROR for finding in found)
    return ExitStatus.FINDINGS if counts else ExitStatus.OK


def _check(path: str, files: Files, environment: Mapping[str, str] | None) -> CheckedFile:
    if path.endswith(SUFFIX):
        recipe = load_recipe(path, files)
        return CheckedFile(path, recipe.diagnostics, recipe.lines)
    loaded = load(path, files)
    findings = (*loaded.diagnostics, *lint(loaded))
    if environment is not None and loaded.plan is not None:
        plan, missing = settle(loaded.plan, environment, files)
        if plan is not None:
            _, missing = bind(plan, environment, files, verbs=tuple(VerbName))
        findings = (*findings, *loaded.hide(missing))
    return CheckedFile(STDIN if path == "-" else path, findings, loaded.lines)


_FORMATS = {"json": render_json, "github": render_github, "sarif": render_sarif}


def run_validate(
    paths: Sequence[str], *, with_environment: bool, form: str = "text", strict: bool = False
) -> int:
    """Check files; returns the exit status."""
    environment = os.environ if with_environment else None
    return validate(
        paths,
        LocalFiles(),
        StreamConsole(commands=form == "github"),
        environment=environment,
        render=_renderer(form),
        strict=strict,
    )


def _renderer(form: str) -> Render:
    return render_text if form == "text" else partial(_FORMATS[form], setting=_setting())


def _setting() -> Setting:
    """Where this is: a code host relates paths to its checkout, whatever folder a step works in."""
    folder = str(Path.cwd())
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    root = workspace if Path(workspace).is_absolute() else folder
    return Setting(version=VERSION, folder=folder, root=root)
