"""What is made from the declarations: the schema that editors read and the reference page, byte for byte.

A key is declared in ``runner/language/``, once. After a change there let

    ENLIST_UPDATE_GOLDEN=1 pytest tests/language

write ``schemas/enlist.v1.schema.json`` and ``schemas/LANGUAGE.md`` anew; nobody edits these by hand.
"""

import os
from pathlib import Path

import pytest

from runner.config.recipes.find import our_recipes
from runner.language.key import About, about, keys_of
from runner.language.recipes import Recipe
from runner.language.reference import as_markdown
from runner.language.schema import as_text, file_schema, recipe_schema, scenario_schema
from runner.language.words import parts_of_a_file

SCHEMAS = Path(__file__).parents[2] / "schemas"
MADE = {
    "recipe.v1.schema.json": lambda: as_text(recipe_schema()),
    "scenario.v1.schema.json": lambda: as_text(scenario_schema()),
    "enlist.v1.schema.json": lambda: as_text(file_schema(_our_recipes())),
    "LANGUAGE.md": as_markdown,
}


def _our_recipes() -> dict[str, Recipe]:
    return {each.name: each.recipe for each in our_recipes() if each.recipe is not None}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_from_the_declarations_is_up_to_date(name: str) -> None:
    page, made = SCHEMAS / name, MADE[name]()
    if os.environ.get("ENLIST_UPDATE_GOLDEN") == "1":
        page.write_text(made, encoding="utf-8")

    assert page.read_text(encoding="utf-8") == made, (
        "declare it in runner/language/, then see this module's docstring"
    )


def test_making_it_twice_gives_the_same_bytes() -> None:
    assert [make() for make in MADE.values()] == [make() for make in MADE.values()]


@pytest.mark.parametrize("part", parts_of_a_file(), ids=lambda part: part.__name__)
def test_each_part_says_what_it_is_and_has_keys(part: type) -> None:
    assert isinstance(about(part), About)
    assert part.__doc__
    assert keys_of(part)
