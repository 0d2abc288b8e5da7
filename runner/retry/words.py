"""A server's own words about a failure, found in whatever shape it says them."""

import html
import re
from collections.abc import Mapping

from runner.language.value import Json

_FIRST = ("message", "errormessage", "error_message", "detail", "details")
"""Keys whose text is meant for people; the first that has one says it."""
_OTHERS = ("error_description", "description", "reason", "title", "error", "msg", "errors", "status_message")
"""Keys that hold now a text, now a code; the longest says most."""
_CODE = ("group", "code")
_DEEPEST = 4
_MOST_ITEMS = 5
_MAX_HEAD = 16 * 1024
"""Where in a page its title stands."""
_MAX_CHARS = 300
_MAX_EXCERPT = 200
_TITLE = re.compile(r"<title[^<>]*>([^<]+)</title", re.IGNORECASE)


def words_of(
    document: Json, text: str, headers: Mapping[str, str], *, refused: bool
) -> tuple[str | None, int]:
    """Return what an answer says to people, uncut, and how many characters of it are worth showing.

    Args:
        document: the body as JSON, or none where it is none.
        text: the body.
        headers: of the answer, with lower-case names.
        refused: whether it is an error answer: only then is anything unfamiliar shown, by its beginning.
    """
    content_type = headers.get("content-type", "text/plain")
    if document is None and content_type.startswith("text/plain"):
        return text, _MAX_CHARS
    found = _in_json(document, _DEEPEST)
    if found or not refused:
        return found, _MAX_CHARS
    if document is None and (title := _TITLE.search(text[:_MAX_HEAD])):
        return html.unescape(title[1]), _MAX_CHARS
    return (None if _says_nothing(document) else text), _MAX_EXCERPT


def _says_nothing(document: Json) -> bool:
    """Whether it has nothing but empty values: Vault's ``{"errors": []}``."""
    values = (
        document.values() if isinstance(document, dict) else document if isinstance(document, list) else [1]
    )
    return all(value in (None, "", [], {}) for value in values)


def _in_json(value: Json, depth: int) -> str | None:
    match value:
        case str():
            return value.strip() or None
        case list() if depth:
            said = [words for item in value[:_MOST_ITEMS] if (words := _in_json(item, depth - 1))]
            return "; ".join(said) or None
        case dict() if depth:
            return _in_map(value, depth - 1)
        case _:
            return None


def _in_map(document: dict[str, Json], depth: int) -> str | None:
    by_name = {name.lower(): value for name, value in document.items()}
    code = ".".join(part for name in _CODE if isinstance(part := by_name.get(name), str) and part)
    said = [words for name in _FIRST if (words := _under(by_name.get(name), depth))][:1]
    said = said or [words for name in _OTHERS if (words := _under(by_name.get(name), depth))]
    words = max(said, key=len, default=None)
    if words and isinstance(place := by_name.get("loc"), list):
        words = f"{'.'.join(map(str, place))}: {words}"
    return f"{code}: {words}" if code and words else words or code or None


def _under(value: Json, depth: int) -> str | None:
    """Return the words under a key; of a map without any, its texts by name (which field, and what is wrong)."""
    found = _in_json(value, depth)
    if found or not isinstance(value, dict) or not depth:
        return found
    named = [
        f"{name}: {words}"
        for name, each in list(value.items())[:_MOST_ITEMS]
        if (words := _in_json(each, depth - 1))
    ]
    return "; ".join(named) or None
