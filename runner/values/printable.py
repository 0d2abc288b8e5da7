"""Text of others, as it may stand in a log and on a terminal.

Apart from the masking of secrets, since a probe prints too and has none to mask.
"""

import unicodedata


def printable(text: str) -> str:
    """Return the text with control, bidirectional and other invisible characters written out.

    A server's words stand in logs and on terminals, where such characters can start lines of their own,
    colour what follows, or turn the order of reading (CVE-2021-42574).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(char) if _is_unsafe(char) else char for char in text)


def _is_unsafe(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _written_out(char: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\u{ord(char):04x}")
