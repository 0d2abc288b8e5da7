"""``enlist recipes``: the list, one of them, and a file with its recipes written out."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import Struct

from runner.cli import main
from runner.config.loader import load
from runner.config.recipes.find import our_names, our_recipe
from runner.language.recipes import Recipe
from runner.model.plan import Plan
from runner.report.recipe_text import example_file

NAMES = our_names()
PLACES = {"span", "file", "sha256", "use"}


def ours(name: str) -> Recipe:
    """Return what one of our recipes says."""
    recipe = our_recipe(name).recipe
    assert recipe is not None
    return recipe


def plan_of(text: str) -> Plan:
    """Return the plan of a file that must be right."""
    loaded = load(text.encode(), "enlist.yaml")
    assert loaded.plan is not None, loaded.diagnostics
    return loaded.plan


def unplaced(value: Any) -> Any:
    """Return what a plan says, without where it stands."""
    if isinstance(value, Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__ if name not in PLACES}
        return {type(value).__name__: unplaced(fields)}
    if isinstance(value, dict):
        return {key: unplaced(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [unplaced(each) for each in value]
    return value


def test_the_list_names_each_recipe_and_says_which_never_ran(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    listed = capsys.readouterr().out.splitlines()

    assert [line.split()[0] for line in listed if line[0] != "("] == list(NAMES)
    assert {line.split()[0] for line in listed if line.endswith("(*)")} == {
        name for name in NAMES if ours(name).seen is None
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_shown_with_all_that_it_takes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "show", name]) == 0
    shown = capsys.readouterr().out

    assert [key for key in ours(name).parameters if f"  {key} " not in shown] == []
    assert ("not yet run on a real server" in shown) is (ours(name).seen is None)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_that_is_shown_is_right(name: str) -> None:
    assert load(example_file(name, ours(name)).encode(), "enlist.yaml").diagnostics == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_written_out_behaves_the_same(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "enlist.yaml"
    file.write_text(example_file(name, ours(name)))
    assert main(["recipes", "expand", str(file)]) == 0
    written = capsys.readouterr().out

    assert "use:" not in written
    assert unplaced(plan_of(written)) == unplaced(plan_of(file.read_text()))


def test_what_is_written_out_keeps_the_comments_of_file_and_recipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.recipe.yaml").write_text(
        "version: 1\ntitle: an entry\nregistration:\n  # why it is a PUT\n"
        "  request: {method: PUT, path: /entries}  # and where it goes\n"
    )
    (tmp_path / "enlist.yaml").write_text(
        'version: 1\nendpoints: {plane: {url: "http://h"}}\nregistrations:\n'
        "  # what this is for\n  entry: {use: own.recipe.yaml}\nx-list: [yes, '1', \"a: b\", 1.0, null]\n"
    )
    assert main(["recipes", "expand", str(tmp_path / "enlist.yaml")]) == 0
    written = capsys.readouterr().out

    for comment in ("  # what this is for\n", "    # why it is a PUT\n", "  # and where it goes\n"):
        assert comment in written
    assert yaml.safe_load(written)["x-list"] == ["yes", "1", "a: b", 1.0, None]


def test_a_misspelt_name_is_answered_by_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "show", "consul/servce"]) == 2
    assert 'did you mean "consul/service"?' in capsys.readouterr().err


def test_a_recipe_where_a_file_is_expected_says_how_it_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.recipe.yaml").write_text("version: 1\n")

    assert main(["plan", str(tmp_path / "own.recipe.yaml")]) == 1
    assert "use: ./own.recipe.yaml" in capsys.readouterr().err


def test_a_recipe_with_mistakes_is_told_as_a_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.recipe.yaml"
    path.write_text(
        "version: 1\ntitle: an entry\nparameters: {name: {description: its name}}\n"
        'registration: {request: {path: "/${with.nam}"}}\n'
        "tests: [{name: t, with: {name: a}, given: [{status: 200}], then: {outcome: registered}}]\n"
    )

    assert main(["validate", str(path)]) == 1
    assert capsys.readouterr().out.startswith(
        f'{path}:4:32: error[E322]: the recipe has no parameter "nam"\n    4 | registration: '
    )
