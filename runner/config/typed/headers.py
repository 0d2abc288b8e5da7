"""Headers: which names can be one, and which follow from the body and are not the file's to set."""

import re

from runner.config.typed.cursor import Cursor
from runner.language.value import Template

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = {"content-length", "transfer-encoding"}


def read_headers(at: Cursor) -> tuple[tuple[str, Template], ...]:
    """Read the headers of a request or an endpoint; those that frame the body are the transport's."""
    return at.map("headers", _header)


def _header(at: Cursor) -> Template:
    check_header_name(at)
    if at.key.lower() in _FRAMING:
        at.report("E338", f"{at.key} follows from the body and cannot be set", "leave it out", at_key=True)
    return at.template()


def check_header_name(at: Cursor) -> None:
    """Report a key that cannot be the name of a header."""
    if _HEADER_NAME.fullmatch(at.key) is None:
        hint = "names have letters, digits and -, and neither spaces nor colons"
        at.report("E337", f'"{at.key}" cannot be the name of a header', hint, at_key=True)
