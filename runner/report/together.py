"""Several listeners to one run: the log and a file, say."""

from runner.model.event import RunEvent
from runner.ports import Reporter


class Together:
    """Passes each event on to all, in their order."""

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = reporters

    def on_event(self, event: RunEvent) -> None:
        """See ``ports.Reporter``."""
        for reporter in self._reporters:
            reporter.on_event(event)
