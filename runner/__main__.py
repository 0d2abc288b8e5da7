"""``python -m runner``: the command, where its script is not on the path."""

from runner.cli import entry

entry()
