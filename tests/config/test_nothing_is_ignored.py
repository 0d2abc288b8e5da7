"""Nothing that a file says is ignored: each key is read, or ``run`` says at that key that it is not.

A setting without effect is worse than an error, because the file looks as if it worked. The schema allows what
the language will have, so every key of every right file is followed from the text to who reads it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from runner.config.loader import load
from runner.config.read.source import Path as Place
from runner.config.read.source import SourceTree, read_tree
from runner.config.typed.spec import read_spec

RIGHT = sorted((Path(__file__).parent / "right").glob("*.yaml"))
READ_WHOLE = {"body", "default", "value", "variables", "environment", "with"}
"""Keys whose value is taken as a whole, whatever it holds."""


class Noting(dict[str, Any]):
    """A map that notes which of its keys are asked for."""

    def __init__(self, data: dict[str, Any], place: Place, asked: set[Place]) -> None:
        super().__init__({key: noting(value, (*place, key), asked) for key, value in data.items()})
        self._place = place
        self._asked = asked

    def __getitem__(self, key: str) -> Any:
        self._asked.add((*self._place, key))
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Note this way of asking too."""
        self._asked.add((*self._place, key))
        return super().get(key, default)

    def items(self) -> Any:
        """Note that all of them are asked for, with their values."""
        self._asked.update((*self._place, key) for key in self)
        return super().items()

    def __iter__(self) -> Iterator[str]:
        # Overridden so that dict(...) asks for each key instead of copying behind our back.
        return super().__iter__()


def noting(data: Any, place: Place, asked: set[Place]) -> Any:
    if isinstance(data, dict):
        return Noting(data, place, asked)
    if isinstance(data, list):
        return [noting(item, (*place, index), asked) for index, item in enumerate(data)]
    return data


def keys_in(data: Any, place: Place = ()) -> Iterator[Place]:
    """Every key of a file, down to where a value is taken as a whole."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from keys_in(item, (*place, index))
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*place, key)
            if key not in READ_WHOLE or not place:
                yield from keys_in(value, (*place, key))


def begins_at(tree: SourceTree, place: Place) -> tuple[int, int]:
    span = tree.key_span(place)
    return span.line, span.column


@pytest.mark.parametrize("path", RIGHT, ids=[path.stem for path in RIGHT])
def test_each_key_is_read_or_makes_run_refuse_the_file(path: Path) -> None:
    raw = path.read_bytes()
    tree, _ = read_tree(raw, str(path))
    plan = load(raw, str(path), lambda name, _: Path(name).read_bytes()).plan
    assert tree is not None
    assert plan is not None
    asked: set[Place] = set()
    read_spec(structs.replace(tree, data=noting(tree.data, (), asked)))
    refused = {(finding.span.line, finding.span.column) for finding in plan.not_yet}

    ignored = [
        place
        for place in keys_in(tree.data)
        if place not in asked
        and place != ("version",)
        and not str(place[0]).startswith("x-")
        and not any(begins_at(tree, place[:depth]) in refused for depth in range(1, len(place) + 1))
    ]

    assert [".".join(map(str, place)) for place in ignored] == []
