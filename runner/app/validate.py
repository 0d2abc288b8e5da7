"""``enlist validate``: everything that is wrong with some files, without network and environment."""

from collections.abc import Callable, Mapping, Sequence

from runner.app.reading import load
from runner.config.bind import bind
from runner.config.lint import lint
from runner.language.terms import VerbName
from runner.model.diagnostic import Severity
from runner.model.outcome import ExitStatus
from runner.ports import Console, Files
from runner.report.diagnostics import count_in_words
from runner.report.findings import STDIN, CheckedFile, all_findings, render_text

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
    loaded = load(path, files)
    findings = (*loaded.diagnostics, *lint(loaded))
    if environment is not None and loaded.plan is not None:
        _, missing = bind(loaded.plan, environment, files, verbs=tuple(VerbName))
        findings = (*findings, *loaded.hide(missing))
    return CheckedFile(STDIN if path == "-" else path, findings, loaded.lines)
