"""Texts for formats with an own idea of what a character means.

What reaches a report was cleaned by the redactor; a form escapes all the same, since a name in the file or a file's
own name may hold anything, and one forgotten field must not become a tag, an attribute or a line.
"""

import html
import re

from runner.values.printable import printable

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def xml(value: object) -> str:
    """Return a value for the text or a quoted attribute of XML and HTML.

    Control characters, surrogates and noncharacters, which XML cannot hold at all, are written out.
    """
    return html.escape(printable(str(value)))


def markdown(value: object) -> str:
    """Return a value as plain words of Markdown: no emphasis, no link, no table cell, no mention, no tag begins in it."""
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", printable(str(value)))


def label(value: object) -> str:
    """Return a value for a quoted label of the Prometheus text format."""
    return printable(str(value)).replace("\\", "\\\\").replace('"', '\\"')
