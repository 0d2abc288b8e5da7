"""Tests of files as JSON and as JUnit XML, for whatever shows test results."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from runner.model.trial import Coverage, Trial, Trials
from runner.model.version import VERSION
from runner.report.escape import xml
from runner.report.trials import lines_of, story_of


def render_trials_as_json(played: Sequence[Trials]) -> str:
    """Return the results as one JSON document."""
    trials = [trial for each in played for trial in each.trials]
    document = {
        "format": 1,
        "enlist": VERSION,
        "passed": sum(trial.passed for trial in trials),
        "failed": sum(not trial.passed for trial in trials),
        "files": [_file(each) for each in played],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _file(played: Trials) -> dict[str, Any]:
    coverage = {} if played.coverage is None else {"coverage": _coverage(played.coverage)}
    return {"file": played.file, "tests": [_test(each) for each in played.trials], **coverage}


def _test(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.name,
        "registration": trial.registration,
        "place": str(trial.span),
        "passed": trial.passed,
        "seeds": trial.seeds,
        "by_chance": trial.by_chance,
        "longest_s": round(trial.longest_s, 6),
        **({} if trial.failed_seed is None else {"failed_seed": trial.failed_seed}),
        "mismatches": [
            {"key": each.key, "expected": each.wanted, "found": each.found} for each in trial.mismatches
        ],
        "missing": [each.message for each in trial.unbound],
        "story": story_of(trial.story),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "steps": coverage.steps,
        "steps_reached": coverage.steps_reached,
        "classes": coverage.classes,
        "classes_reached": coverage.classes_reached,
        "unreached": [
            {"kind": each.kind, "name": each.name, "place": None if each.span is None else str(each.span)}
            for each in coverage.unreached
        ],
    }


def render_trials_as_junit(played: Sequence[Trials]) -> str:
    """Return a test suite for each file, with its tests as test cases; times are those of virtual time."""
    every = [trial for each in played for trial in each.trials]
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="enlist test" {_counts(every)}>',
            *(line for each in played for line in _suite(each)),
            "</testsuites>",
        )
    )


def _counts(trials: Sequence[Trial]) -> str:
    errors = sum(bool(trial.unbound) for trial in trials)
    failures = sum(not trial.passed for trial in trials) - errors
    return f'tests="{len(trials)}" failures="{failures}" errors="{errors}"'


def _suite(played: Trials) -> Iterator[str]:
    yield f'  <testsuite name="{xml(played.file)}" {_counts(played.trials)}>'
    for trial in played.trials:
        case = f'    <testcase name="{xml(trial.name)}" classname="{xml(played.file)}" time="{trial.longest_s:.3f}"'
        if trial.passed:
            yield f"{case}/>"
            continue
        kind = "error" if trial.unbound else "failure"
        first, *rest = lines_of(trial)
        text = "\n".join(map(xml, (str(trial.span), first, *rest)))
        yield f"{case}>"
        yield f'      <{kind} message="{xml(first)}">{text}</{kind}>'
        yield "    </testcase>"
    yield "  </testsuite>"
