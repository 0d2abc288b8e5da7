"""What of a file can still be read when the schema refuses parts of it.

People mend all that one run shows them; a reference that is wrong elsewhere should not cost a second run. So
the smallest parts that hold a refused place (a registration, an endpoint, all tests) are taken out, the rest
is read and checked, and nothing is said about names that were only taken out.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from runner.config.read.source import Path, SourceTree
from runner.model.diagnostic import Diagnostic

_MAPS = {
    "variables": "variable",
    "endpoints": "endpoint",
    "retry_policies": "retry policy",
    "registrations": "registration",
}
"""The maps of parts, and what one of them is called."""


class Remainder(Struct, frozen=True):
    """The rest of a file, and the names that are not in it any more."""

    tree: SourceTree
    names: frozenset[str]
    missing: frozenset[tuple[str, str]]
    """The parts that are in the file and not in the rest: what each is called, and its name."""

    def concerns_only_the_rest(self, finding: Diagnostic) -> bool:
        """Whether a finding about the rest would stand about the whole file too."""
        if finding.absent is None:
            return True
        return finding.absent not in self.missing and finding.absent[1] not in self.names


def without_refused(tree: SourceTree, refused: Iterable[Diagnostic]) -> Remainder | None:
    """Return what is left without the parts that the findings are about; none when that is too little."""
    if not isinstance(tree.data, dict):
        return None
    data: dict[str, Any] = dict(tree.data)
    names: set[str] = set()
    missing: set[tuple[str, str]] = set()
    places = [(finding.span.line, finding.span.column) for finding in refused]
    for path in [path for path in _parts(tree) if _holds_one(tree, path, places)]:
        section = str(path[0])
        if len(path) == 1:
            names.add(section)
            names.update(_names_in(data.pop(section, None)))
        elif isinstance(data.get(section), dict):
            missing.add((_MAPS[section], str(path[1])))
            data[section] = {key: value for key, value in data[section].items() if key != path[1]}
    if not data.get("registrations"):
        return None
    return Remainder(replace(tree, data=data), frozenset(names), frozenset(missing))


def _parts(tree: SourceTree) -> Iterator[Path]:
    """Go through the parts that can be taken out: entries of maps, and other keys as a whole."""
    assert isinstance(tree.data, dict)
    for key, value in tree.data.items():
        if key in _MAPS and isinstance(value, dict):
            yield from ((key, name) for name in value)
        else:
            yield (key,)


def _holds_one(tree: SourceTree, path: Path, places: list[tuple[int, int]]) -> bool:
    key, value = tree.key_span(path), tree.span(path)
    start, end = (key.line, key.column), (value.end_line, value.end_column)
    return any(start <= place <= end for place in places)


def _names_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part
    if isinstance(part, list):
        yield from (str(item["name"]) for item in part if isinstance(item, dict) and "name" in item)
