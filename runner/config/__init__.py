"""From bytes to a ``Plan``, or to diagnostics that point into the file.

Source (bytes to a tree with positions), schema (its shape), spec (its typed meaning), checks (what the
schema cannot say), compiler (names resolved). Hook, editor and container read the same bytes through the
same code; nothing here needs network, environment or event loop.
"""
