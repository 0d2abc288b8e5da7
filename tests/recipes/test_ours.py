"""The recipes that come with enlist: each is right, documented, and plays its own tests."""

import io
from contextlib import redirect_stdout

import pytest
import yaml

from runner.cli import main
from runner.config.lint.lint import lint
from runner.config.loader import load, load_recipe
from runner.config.recipes.find import Found, our_names, our_recipe
from runner.language.recipes import SUFFIX
from runner.model.outcome import ExitStatus
from runner.model.plan import verbs_of

NAMES = our_names()
PERMANENT = {ExitStatus.REJECTED, ExitStatus.DENIED}


def recipe(name: str) -> Found:
    """Return one of ours."""
    found = our_recipe(name)
    assert found.recipe is not None, found.findings
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_and_what_its_tests_make_of_it_have_no_findings(name: str) -> None:
    found = recipe(name)

    assert load_recipe(found.raw, name + SUFFIX).diagnostics == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_gives_what_is_needed_has_no_warnings(name: str) -> None:
    found = recipe(name)
    assert found.recipe is not None
    given = {key: each.example for key, each in found.recipe.parameters.items() if each.is_required}
    file = {
        "version": 1,
        "endpoints": {"plane": {"url": "https://plane"}},
        "registrations": {"it": {"use": name, "with": given}},
    }
    loaded = load(yaml.safe_dump(file).encode(), "enlist.yaml")

    assert [(each.span.line, each.message) for each in (*loaded.diagnostics, *lint(loaded))] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_tests_of_a_recipe_pass(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("recipe") / f"it{SUFFIX}"
    path.write_bytes(recipe(name).raw)
    said = io.StringIO()
    with redirect_stdout(said):
        status = main(["test", str(path), "--seeds", "3"])

    assert status == 0, said.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_shows_a_late_start_and_a_mistake_that_is_not_retried(name: str) -> None:
    plans = load_recipe(recipe(name).raw, name + SUFFIX).plans
    tests = [test for plan in plans for test in plan.tests]

    assert any(answer.error is not None for test in tests for answer in test.given), "a late start"
    assert [test for test in tests if test.then.exit_status in PERMANENT], "a permanent mistake"


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_that_is_not_retried_comes_with_a_hint(name: str) -> None:
    plans = load_recipe(recipe(name).raw, name + SUFFIX).plans
    classes = {
        each.name: each
        for plan in plans
        for step in (
            *plan.logins.values(),
            *(step for one in plan.registrations.values() for verb in verbs_of(one) for step in verb.steps),
        )
        for each in (*step.built_in, *step.declared)
    }
    ended_by = {
        test.then.class_name
        for plan in plans
        for test in plan.tests
        if test.then.exit_status in PERMANENT and test.then.class_name is not None
    }

    assert [each for each in ended_by if not classes[each].hint] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_parameter_says_what_it_is_for_and_what_is_likely(name: str) -> None:
    found = recipe(name)
    assert found.recipe is not None
    silent = [
        key
        for key, each in found.recipe.parameters.items()
        if not each.description or (each.is_required and not each.example)
    ]

    assert silent == []
