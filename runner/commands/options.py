"""What the command line says about a run, and the console that remembers what it said."""

from collections.abc import Mapping

from msgspec import Struct

from runner.adapters.console import StoryConsole


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says about a run."""

    log_as_json: bool
    log_level: str
    plain: bool = False
    """No colour and no live view, whatever standard error is."""
    reports: Mapping[str, str]
    become: bool = False
    """Whether the application takes our place once nothing is left to do."""


class RememberingConsole(StoryConsole):
    """Keeps what it says on standard error: where nothing can be sent, that is the container's last word."""

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__(as_json=as_json)
        self.said: list[str] = []

    def err(self, text: str) -> None:
        """See ``ports.Console``."""
        self.said.append(text)
        super().err(text)
