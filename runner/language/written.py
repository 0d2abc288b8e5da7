"""How what is declared is written: defaults as a file would have them, and the sentences that name them."""

from typing import Any

from msgspec import NODEFAULT

from runner.language.key import DeclaredKey
from runner.language.units import format_duration, format_size
from runner.language.value import Template

_NAMES_DEFAULT = "The default is"
_DEPENDS = f"{_NAMES_DEFAULT} by "


def default_of(declared: DeclaredKey) -> Any:
    """Return a key's default as a file would write it; none where there is none, or it depends on other keys."""
    default = str(declared.default) if isinstance(declared.default, Template) else declared.default
    if default in (NODEFAULT, None) or not isinstance(default, str | int | float):
        return None
    if _DEPENDS in declared.key.text:
        return None
    match declared.key.kind.unit, default:
        case "_s", int() | float():
            return format_duration(default) if default else "0s"
        case "_bytes", int():
            return format_size(default)
        case _, float() if default.is_integer():
            return int(default)
    return default


def description_of(declared: DeclaredKey) -> str:
    """Return what a key says of itself, with its default where it does not name that itself."""
    text, default = declared.key.text, default_of(declared)
    if default is None or _NAMES_DEFAULT in text:
        return text
    return f"{text} {_NAMES_DEFAULT} {str(default).lower() if isinstance(default, bool) else default}."
