"""The JSON Schema of a file, made from the declarations: what editors and jsonschema read.

Draft-07 as editors understand it: nothing stands beside a ``$ref``, no choice between branches that an editor would
have to guess (``oneOf``, ``anyOf``), each part with title, description and examples.
"""

import json
from collections.abc import Mapping
from typing import Any

from runner.language.file import Spec
from runner.language.key import About, DeclaredKey, Kind, about, keys_of
from runner.language.recipes import Recipe, with_schema
from runner.language.registrations import RegistrationSpec
from runner.language.scenario import Scenario
from runner.language.written import default_of, description_of

_EXTENSION = {
    "title": "Extension",
    "description": "Anything, for other tools or for anchors to be used elsewhere in the file; enlist does not read it.",
    "examples": [{"owner": "platform"}],
}


def file_schema(recipes: Mapping[str, Recipe]) -> dict[str, Any]:
    """Return the schema of a whole file, with what is given to each of our recipes.

    Args:
        recipes: ours, by the name that `use` has.
    """
    schema = _schema_of(Spec, "enlist")
    definitions = schema["definitions"]
    registration = definitions[about(RegistrationSpec).name]
    registration["properties"]["use"]["examples"] = list(recipes)
    registration["allOf"] = [_with_of(name, recipe) for name, recipe in recipes.items()]
    return schema


def recipe_schema() -> dict[str, Any]:
    """Return the schema of a recipe."""
    return _schema_of(Recipe, "recipe")


def scenario_schema() -> dict[str, Any]:
    """Return the schema of a scenario."""
    return _schema_of(Scenario, "scenario")


def _schema_of(part: type, name: str) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    top = _of_part(part, definitions)
    head = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"https://enlist.dev/schemas/{name}.v1.schema.json",
        "patternProperties": {"^x-": _EXTENSION},
    }
    return {**head, **top, "definitions": definitions}


def _with_of(name: str, recipe: Recipe) -> dict[str, Any]:
    """Return what a registration is given where it uses a recipe: editors complete it, and check it as we do."""
    needed = {"required": ["with"]} if any(each.is_required for each in recipe.parameters.values()) else {}
    return {
        "if": {"required": ["use"], "properties": {"use": {"const": name}}},
        "then": {**needed, "properties": {"with": with_schema(recipe)}},
    }


def as_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as the bytes of its file, which are the same for the same declarations."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _of_part(part: type, definitions: dict[str, Any]) -> dict[str, Any]:
    said = about(part)
    keys = keys_of(part)
    required = [key.name for key in keys if key.required]
    return {
        "title": said.title,
        "description": " ".join((part.__doc__ or "").split()),
        "type": "object" if said.short is None else said.short.schema["type"],
        **({"required": required} if required else {}),
        **_alternative(said),
        **({} if said.short is None else {k: v for k, v in said.short.schema.items() if k != "type"}),
        "additionalProperties": False,
        **({"minProperties": 1} if said.at_least_one else {}),
        **({"maxProperties": 1} if said.at_most_one else {}),
        "examples": list(said.examples),
        "properties": {key.name: _of_key(key, definitions) for key in keys},
    }


def _alternative(said: About) -> dict[str, Any]:
    if said.one_of is None:
        return {}
    first, second = said.one_of
    return {"if": {"required": [first]}, "else": {"required": [second]}}


def _of_key(declared: DeclaredKey, definitions: dict[str, Any]) -> dict[str, Any]:
    key = declared.key
    if not key.title:
        return _resolved(key.kind, definitions)
    default = default_of(declared)
    return {
        "title": key.title,
        "description": description_of(declared),
        **_expanded(key.kind.schema, definitions),
        **({} if default is None else {"default": default}),
        "examples": list(key.examples),
    }


def _resolved(kind: Kind, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a reference where the kind has a place of its own, and what it says where it has none."""
    if kind.definition is not None:
        said = kind.definition
        if said.name not in definitions:
            definitions[said.name] = {}  # its place is taken before what it refers to is looked at
            definitions[said.name] = {
                "title": said.title,
                "description": said.text,
                **_expanded(kind.schema, definitions),
                "examples": list(said.examples),
            }
        return {"$ref": f"#/definitions/{said.name}"}
    if kind.reader == "part" and kind.holds is not None:
        name = about(kind.holds).name
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _of_part(kind.holds, definitions)
        return {"$ref": f"#/definitions/{name}"}
    return _expanded(kind.schema, definitions)


def _expanded(schema: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords of a kind, with the kinds among them put in their place."""
    return {
        keyword: _resolved(value, definitions)
        if isinstance(value, Kind)
        else _expanded(value, definitions)
        if isinstance(value, Mapping)
        else value
        for keyword, value in schema.items()
    }
