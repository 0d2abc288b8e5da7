"""Variables that libraries obey at once, whatever they hold, and that are not meant for us."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def unset(names: Iterable[str]) -> Iterator[None]:
    """Leave variables out of the environment for a moment; those whom they are meant for get them all the same."""
    held = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(held)
