"""The quick look at a file's shape gives the answer of jsonschema, which explains; a file that is right needs no more."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.config.read.source import read_tree
from runner.config.shape.conformance import ANNOTATIONS, Conformance, conforms, load_schema
from runner.config.shape.schema import validator_of_files

HERE = Path(__file__).parent
VALIDATOR = validator_of_files()
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1, -1, 1.5, "", "5s", "x", "/p", "5xx", [], [""], {}, {"x": 1}, "a" * 70, [{}]]
)


def documents() -> Iterator[tuple[str, Any]]:
    for path in sorted([*HERE.glob("right/*.yaml"), *HERE.glob("wrong/*.yaml")]):
        tree, _ = read_tree(path.read_bytes(), path.name)
        if tree is not None:
            yield path.name, tree.data


DOCUMENTS = dict(documents())


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Go through every container of a document, with each of its keys."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def test_a_file_is_right_where_jsonschema_says_so_and_nowhere_else() -> None:
    said = {name: (conforms(document), VALIDATOR.is_valid(document)) for name, document in DOCUMENTS.items()}

    assert {name for name, (quick, thorough) in said.items() if quick is not thorough} == set()
    assert {quick for quick, _ in said.values()} == {True, False}


@settings(deadline=None)
@given(st.data())
def test_a_damaged_document_gets_the_same_answer_from_both(data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))])
    container, key = (
        data.draw(st.sampled_from(list(places(document)))) if isinstance(document, dict) else (None, None)
    )
    if container is not None:
        container[key] = data.draw(ODD)

    assert conforms(document) is VALIDATOR.is_valid(document)


def test_each_keyword_of_the_schema_is_asked_or_asks_nothing() -> None:
    def keywords(schema: Any) -> Iterator[str]:
        for name, value in schema.items():
            yield name
            if name in {"properties", "patternProperties", "definitions"}:
                for each in value.values():
                    yield from keywords(each)
            elif isinstance(value, dict) and name not in {"default", "examples"}:
                yield from keywords(value)

    assert set(keywords(load_schema())) - ANNOTATIONS - Conformance.KEYWORDS.keys() == set()
