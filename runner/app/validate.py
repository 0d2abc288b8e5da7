"""``enlist validate``: everything that is wrong with some files, without network and environment."""

from collections.abc import Mapping, Sequence

from runner.app.reading import load
from runner.config.bind import bind
from runner.model.diagnostic import Diagnostic
from runner.model.outcome import ExitStatus, VerbName
from runner.ports import Console, Files
from runner.report.diagnostics import count_in_words, render_diagnostic


def validate(
    paths: Sequence[str], files: Files, console: Console, *, environment: Mapping[str, str] | None = None
) -> int:
    """Check files and print what was found on standard output.

    Args:
        paths: the files; ``-`` is standard input.
        files: reads them.
        console: where findings go.
        environment: given, each file is also bound to it.

    Returns:
        0 when all are clean, 1 when something was found.
    """
    found: list[Diagnostic] = []
    for path in sorted(set(paths)):
        loaded = load(path, files)
        findings = loaded.diagnostics
        if environment is not None and loaded.plan is not None:
            _, missing = bind(loaded.plan, environment, files, verbs=tuple(VerbName))
            findings = (*findings, *missing)
        for finding in findings:
            console.out(render_diagnostic(finding, loaded.lines))
        found += findings
    if not found:
        return ExitStatus.OK
    console.err(count_in_words(found))
    return ExitStatus.FINDINGS
