"""A part of a document with the places of everything in it, so that it can be put into another one."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from runner.config.read.source import Path, Place, SourceTree
from runner.config.words import value_at
from runner.language.span import Span
from runner.language.value import Json, Scalar


class Piece(Struct, frozen=True):
    """A value, where it stands, and what it holds."""

    place: Place
    scalar: Scalar = None
    held: "dict[str, Piece] | list[Piece] | None" = None

    @property
    def is_of_recipe(self) -> bool:
        """Whether a recipe wrote it, and not the file."""
        return bool(self.place.value.used)

    @property
    def data(self) -> Json:
        """The plain value."""
        if isinstance(self.held, dict):
            return {key: each.data for key, each in self.held.items()}
        if isinstance(self.held, list):
            return [each.data for each in self.held]
        return self.scalar

    def get(self, key: str) -> "Piece | None":
        """Return what a map holds under a key."""
        return self.held.get(key) if isinstance(self.held, dict) else None


def piece_at(tree: SourceTree, path: Path, used: Span | None = None) -> Piece:
    """Return a part of a document; of a recipe with the place where it is used."""
    data, place = value_at(path, tree), tree.places.get(path) or Place(tree.span(path))
    if used is not None:
        key = None if place.key is None else replace(place.key, used=(used,))
        place = Place(replace(place.value, used=(used,)), key, place.holds_more)
    if isinstance(data, dict):
        return Piece(place, held={key: piece_at(tree, (*path, key), used) for key in data})
    if isinstance(data, list):
        return Piece(place, held=[piece_at(tree, (*path, index), used) for index in range(len(data))])
    return Piece(place, data)


def places_of(piece: Piece, path: Path) -> Iterator[tuple[Path, Place]]:
    """Go through all places of a part that stands somewhere."""
    yield path, piece.place
    if isinstance(piece.held, dict):
        for key, each in piece.held.items():
            yield from places_of(each, (*path, key))
    elif isinstance(piece.held, list):
        for index, each in enumerate(piece.held):
            yield from places_of(each, (*path, index))
