"""What a file says beside ``use``, laid over what the recipe says: the file wins, and its failure classes come first."""

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from runner.config.recipes.fill import CONDITIONS
from runner.config.recipes.piece import Piece
from runner.model.diagnostic import Diagnostic

_REQUESTS = ("request", "steps", "expect", "capture")
_VERBS = ("verify", "heartbeat", "deregister")
_CLASSES = "failure_classes"


def own_recipes_in(said: Piece) -> Iterator[Diagnostic]:
    """Yield that a recipe uses another one: then what is sent could only be seen by following them."""
    use = said.get("use")
    if use is not None:
        hint = "write out what it sends, as enlist recipes expand prints it"
        yield Diagnostic(
            code="E304", span=use.place.value, message="a recipe uses no other recipe", hint=hint
        )


def overlay_registration(own: Piece, said: Piece, findings: list[Diagnostic]) -> Piece:
    """Return a registration: the recipe's, with what the file says beside ``use``."""
    assert isinstance(own.held, dict)
    assert isinstance(said.held, dict)
    merged = {**said.held, **own.held}
    for key in _REQUESTS:
        if key in own.held:
            place = own.held[key].place
            message = f"{key} stands beside use, and the recipe has its own"
            hint = (
                "leave one of them out; enlist recipes expand writes a recipe's requests out, to be changed"
            )
            findings.append(
                Diagnostic(code="E304", span=place.key or place.value, message=message, hint=hint)
            )
    for verb in _VERBS:
        if verb in own.held and verb in said.held:
            merged[verb] = _verb(own.held[verb], said.held[verb])
    merged |= _classes(own, said)
    return _at(own, said, merged)


def _at(own: Piece, said: Piece, held: dict[str, Piece] | list[Piece]) -> Piece:
    """Return what both make, where the file has it; it is filled as a part of the recipe."""
    return Piece(replace(own.place, value=replace(own.place.value, used=said.place.value.used)), held=held)


def _verb(own: Piece, said: Piece) -> Piece:
    if not isinstance(own.held, dict) or not isinstance(said.held, dict):
        return own
    branches: dict[str, Piece] = {
        key: _verb(own, said.held[key]) for key in ("$then", "$else") if key in said.held
    }
    if branches:
        return Piece(said.place, held={**said.held, **branches})
    replaced = any(key in own.held for key in ("request", "steps"))
    # Who says something of it wants it, whatever the recipe asks for.
    dropped = {*CONDITIONS, *(_REQUESTS if replaced else ())}
    kept = {key: each for key, each in said.held.items() if key not in dropped}
    return _at(own, said, {**kept, **own.held, **_classes(own, said)})


def _classes(own: Piece, said: Piece) -> dict[str, Piece]:
    """Return the failure classes of both, those of the file first; one that has a name of the recipe's retunes it."""
    mine, theirs = own.get(_CLASSES), said.get(_CLASSES)
    if mine is None or theirs is None or not isinstance(mine.held, list) or not isinstance(theirs.held, list):
        return {}
    by_name = {_name_of(each): each for each in theirs.held}
    first = [_retuned(each, by_name.pop(_name_of(each), None)) for each in mine.held]
    return {_CLASSES: _at(mine, theirs, [*first, *by_name.values()])}


def _name_of(failure_class: Piece) -> object:
    name = failure_class.get("name")
    return id(failure_class) if name is None else name.scalar


def _retuned(own: Piece, said: Piece | None) -> Piece:
    """Return a class of the file; where it has no match of its own, with what the recipe says of it otherwise."""
    if said is None or own.get("match") is not None:
        return own
    if not isinstance(own.held, dict) or not isinstance(said.held, dict):
        return own
    return _at(own, said, {**said.held, **own.held})


def overlay_endpoint(
    there: Piece, said: Piece, own: Piece | None, disagree: Callable[[str, Piece], None]
) -> Piece:
    """Return an endpoint with what a recipe says of it, where the file says nothing else.

    Args:
        there: the endpoint as it is, with what other recipes said of it.
        said: what this recipe says.
        own: what the file says.
        disagree: told of a key of which two recipes say different things.
    """
    assert isinstance(there.held, dict)
    assert isinstance(said.held, dict)
    merged = dict(there.held)
    for key, each in said.held.items():
        before, mine = merged.get(key), None if own is None else own.get(key)
        if before is None:
            merged[key] = each
        elif key == _CLASSES and isinstance(before.held, list) and isinstance(each.held, list):
            merged[key] = Piece(before.place, held=[*before.held, *each.held])
        elif key == "headers" and isinstance(before.held, dict) and isinstance(each.held, dict):
            merged[key] = overlay_endpoint(before, each, mine, disagree)
        elif mine is None and before.data != each.data:
            disagree(key, each)
    return Piece(there.place, held=merged)


def renamed(piece: Piece, policies: Mapping[str, str]) -> Piece:
    """Return a part of a recipe in which its policies have the names that they get in the file."""
    if isinstance(piece.held, list):
        return Piece(piece.place, held=[renamed(each, policies) for each in piece.held])
    if not isinstance(piece.held, dict) or not policies:
        return piece
    held = {
        key: Piece(each.place, policies.get(str(each.scalar), each.scalar))
        if key == "policy" and each.is_of_recipe
        else each
        if key in {"request", "with"}
        else renamed(each, policies)
        for key, each in piece.held.items()
    }
    return Piece(piece.place, held=held)
