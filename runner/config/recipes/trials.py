"""A recipe's own tests as files: each is the smallest file that uses the recipe as the test says."""

from collections.abc import Iterator

from runner.config.read.source import Place, SourceTree
from runner.config.recipes.find import Found
from runner.config.recipes.piece import Piece, piece_at, places_of

_NOWHERE_NEAR = "http://127.0.0.1:9"
"""The address of the endpoint: a test asks no server."""


def trials(found: Found) -> Iterator[SourceTree]:
    """Go through the files of a recipe's tests; its own file is where everything in them stands."""
    tree = found.tree
    if tree is None or ("tests",) not in tree.places:
        return
    tests = piece_at(tree, ("tests",))
    for test in tests.held if isinstance(tests.held, list) else ():
        yield _file(tree, test, found.name)


def _file(tree: SourceTree, test: Piece, name: str) -> SourceTree:
    assert isinstance(test.held, dict)
    place = Place(test.place.value, test.place.value)
    given = {"with": test.held["with"]} if "with" in test.held else {}
    story = {key: each for key, each in test.held.items() if key != "with"}
    registration = Piece(place, held={"use": Piece(place, name), **given})
    file = Piece(
        place,
        held={
            "version": Piece(place, 1),
            "endpoints": Piece(
                place, held={"plane": Piece(place, held={"url": Piece(place, _NOWHERE_NEAR)})}
            ),
            "registrations": Piece(place, held={"recipe": registration}),
            "tests": Piece(place, held=[Piece(test.place, held=story)]),
        },
    )
    return SourceTree(tree.file, tree.lines, file.data, dict(places_of(file, ())))
