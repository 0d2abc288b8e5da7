"""A text that must not be shown, and what to show in its place.

Secrecy is a type and not a list of names: whatever is built from a secret is a secret (see
``values.secret`` and ``values.template``), and every way of printing one prints its mask.
"""

from typing import TypeAlias

from msgspec import Struct

MASK = "***"


class Secret(Struct, frozen=True):
    """A secret text together with the form that may be printed."""

    value: str
    shown: str = MASK

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"Secret({self.shown!r})"


Text = str | Secret
"""A text that may or may not be secret."""


def reveal(text: Text) -> str:
    """Return the real text: for the wire, for comparisons, never for people."""
    return text.value if isinstance(text, Secret) else text


def shown(text: Text) -> str:
    """Return the text as people may see it."""
    return text.shown if isinstance(text, Secret) else text


Value: TypeAlias = "None | bool | int | float | str | Secret | list[Value] | dict[str, Value]"
"""A rendered value: JSON in which some leaves are secret."""
