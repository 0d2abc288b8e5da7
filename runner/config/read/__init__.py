"""Bytes to a tree of plain values that know their line and column; what is no YAML, or no text, ends here."""
