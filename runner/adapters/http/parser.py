"""Whether answers can be read safely: aiohttp has a parser in C, and one in Python that takes what is no HTTP.

Without the C parser an answer with two different lengths passes as a success. Asked before aiohttp is imported.
"""

from collections.abc import Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec


def parser_problem(environment: Mapping[str, str]) -> str | None:
    """Return why the C parser cannot be used, or nothing."""
    if environment.get("AIOHTTP_NO_EXTENSIONS"):
        return (
            "AIOHTTP_NO_EXTENSIONS is set, so that aiohttp would read answers without its C parser; unset it"
        )
    package = find_spec("aiohttp")
    places = None if package is None else package.submodule_search_locations
    if PathFinder.find_spec("_http_parser", places) is None:
        return (
            "aiohttp is installed without its C parser; install a wheel of it, or build it with a C compiler"
        )
    return None
