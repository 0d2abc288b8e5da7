"""Captures: which part of an answer is kept, and under which name."""

from typing import Any

from msgspec import UNSET

from runner.config.typed.cursor import Cursor
from runner.config.typed.paths import read_path
from runner.language.requests import Capture, CaptureFrom
from runner.language.value import Template


def read_capture(at: Cursor) -> Capture:
    """Read a capture, in its short form (a path) or its long one."""
    sources = [] if isinstance(at.data, str) else [source for source in CaptureFrom if source in at]
    if not isinstance(at.data, str) and len(sources) != 1:
        at.report("E308", f"{at.key} must read one of body, header and text", at_key=True)
    source = sources[0] if sources else CaptureFrom.BODY
    place = at.child(source) if sources else at
    expression = place.data if isinstance(place.data, str) else ""
    if "default" in at:
        at.child("default").refuse_placeholder("write the value here")
    sought: str | Template = expression
    if source is CaptureFrom.BODY:
        sought = read_path(place) if expression else ""
    else:
        place.refuse_placeholder("capture a larger part, and choose in the condition or request that uses it")
    if source is CaptureFrom.TEXT:
        place.check_pattern(expression)
    long = {} if isinstance(at.data, str) else at.data
    if "pattern" in long:
        _check_capture_pattern(at.child("pattern"), source)
    where: dict[str, Any] = {str(source): sought}
    return Capture(
        name=at.key,
        pattern=long.get("pattern"),
        secret=long.get("secret", False),
        default=long.get("default", UNSET),
        span=at.key_span,
        **where,
    )


def _check_capture_pattern(at: Cursor, source: CaptureFrom) -> None:
    at.refuse_placeholder("write the expression here")
    at.check_pattern(at.data)
    if source is CaptureFrom.TEXT:
        hint = "leave pattern out: the first group of text is the value"
        at.report("E308", "text is a regular expression already", hint, at_key=True)
