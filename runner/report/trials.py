"""Tests of a file as text: one line for one that passed, and for one that failed what was wrong and what happened."""

from collections.abc import Iterator, Sequence

from runner.language.units import format_duration
from runner.model.event import EventKind, Level, RunEvent
from runner.model.trial import Coverage, Mismatch, Trial, Unreached
from runner.report.fold import FoldingReporter
from runner.report.log_line import text_line

_FIRST_SHOWN = 3
_LAST_SHOWN = 17
"""Lines of a failing story: how it began, and above all how it ended."""


def render_trial(trial: Trial) -> str:
    """Return how a test went."""
    if trial.passed:
        return f"ok     {trial.name} ({_seeds(trial)}, at most {format_duration(trial.longest_s)})"
    return "\n".join((f"FAILED {trial.name} ({trial.span})", *(f"       {line}" for line in lines_of(trial))))


def _seeds(trial: Trial) -> str:
    if not trial.by_chance:
        return "any seed"
    return "1 seed" if trial.seeds == 1 else f"{trial.seeds} seeds"


def lines_of(trial: Trial) -> Iterator[str]:
    """Yield what was wrong with a test that failed."""
    for finding in trial.unbound:
        yield f"{finding.message}; give it under variables or environment of the test"
    if trial.mismatches:
        yield f"seed {trial.failed_seed}: {'; '.join(map(in_words, trial.mismatches))}"
        yield from (f"  {line}" for line in story_of(trial.story))


def in_words(mismatch: Mismatch) -> str:
    """Return what was otherwise than expected, as a sentence."""
    verb = "are" if mismatch.key.startswith("requests") else "is"
    return f"{mismatch.key} {verb} {mismatch.found} and should be {mismatch.wanted}"


def story_of(events: Sequence[RunEvent]) -> list[str]:
    """Return what happened, with what repeats folded, and of a long story its beginning and its end."""
    told = _Lines()
    folding = FoldingReporter(told)
    for event in events:
        folding.on_event(event)
    lines, left_out = told.lines, len(told.lines) - _FIRST_SHOWN - _LAST_SHOWN
    if left_out <= 1:
        return lines
    return [*lines[:_FIRST_SHOWN], f"... {left_out} more ...", *lines[-_LAST_SHOWN:]]


class _Lines:
    """A reporter that writes lines; what only those want who debug is left out, but for requests that went well."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_event(self, event: RunEvent) -> None:
        """See ``ports.Reporter``."""
        if event.level is not Level.DEBUG or event.event is EventKind.STEP_SUCCEEDED:
            self.lines.append(f"{event.elapsed_s:8.3f}s {text_line(event)}")


def render_coverage(coverage: Coverage) -> str:
    """Return how much of a file its tests reach, and what they do not."""
    reached = (
        f"{coverage.steps_reached} of {coverage.steps} steps, "
        f"{coverage.classes_reached} of {coverage.classes} declared classes"
    )
    return "\n".join((f"reached: {reached}", *(f"  {what_is_not(each)}" for each in coverage.unreached)))


def what_is_not(unreached: Unreached) -> str:
    """Return what no test reaches, as a sentence."""
    said = {
        "step": "no test sends the step {}",
        "class": "no test has an answer for the class {}",
        "retry": "no test sees the class {} tried again",
        "give_up": "no test sees the class {} given up on",
    }[unreached.kind].format(unreached.name)
    return said if unreached.span is None else f"{said} ({unreached.span})"
