"""Reads ``tests:``: what a control plane answers, and how the registration must end."""

from runner.config.typed.cursor import Cursor
from runner.config.typed.declared import read_part
from runner.config.typed.headers import check_header_name
from runner.language.stories import ScriptedAnswer, ScriptedTest


def read_test(at: Cursor) -> ScriptedTest:
    """Read one entry of ``tests``."""
    return read_part(at, ScriptedTest, given=at.list("given", _answer), span=at.child("name").span)


def _answer(at: Cursor) -> ScriptedAnswer:
    of_response = [key for key in ("status", "headers", "body") if key in at]
    if "error" in at and of_response:
        hint = f"leave out error, or {' and '.join(of_response)}"
        at.report(
            "E310", f"an answer has an error or a response, and this has error and {of_response[0]}", hint
        )
    ends = [key for key in ("times", "for", "until") if key in at]
    if "times" in ends and len(ends) > 1:
        hint = "an answer ends after a number of times or after a time; write two answers for both"
        at.report("E331", f"an answer has {' and '.join(ends)}", hint)
    for header in at.child("headers").data if "headers" in at else ():
        check_header_name(at.child("headers").child(header))
    return read_part(at, ScriptedAnswer, headers=at.map("headers", lambda value: str(value.data)))
