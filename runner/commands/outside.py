"""Who must know how a run without init goes: ``enlist status``, and systemd."""

import os
from collections.abc import Mapping
from pathlib import Path

from runner.commands.collector import pass_over_what_is_there
from runner.model.outcome import Report
from runner.pid1.notify import Notifier
from runner.pid1.state_file import StateFile, folder_of
from runner.ports import Console


def place_of(file: str) -> str:
    """Return a file's name as others can use it, from whatever folder; standard input has none."""
    return file if file.startswith("<") else str(Path(file).absolute())


class Outside:
    """Keeps the state file, for as long as the process lives."""

    def __init__(self, file: str, console: Console, *, lasts: bool) -> None:
        """Begin to tell; only of a run that lasts does anybody ask."""
        self._file = place_of(file)
        self._notifier = Notifier(os.environ)
        self._state = StateFile(folder_of(os.environ))
        if lasts and self._state.problem is not None:
            console.err(f"note: enlist status will not know of this run: {self._state.problem}")
        self.changed({}, ready=False)

    def changed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """See ``session.surroundings.Observer``."""
        text = "registered" if ready else "registering"
        fields = {"file": self._file, "stage": "running", "ready": ready, "stopping": False, "text": text}
        self._state.write({**fields, "registrations": dict(states)})
        self._notifier.send(ready=ready, stopping=False, status=text)

    def refreshed(self, states: Mapping[str, str], *, ready: bool) -> None:
        """See ``session.surroundings.Observer``."""
        self.changed(states, ready=ready)

    def close(self) -> None:
        """Leave no state behind of a process that has ended."""
        self._state.remove()

    def holds(self, *_: object) -> bool:
        """See ``session.surroundings.Observer``: this process undoes what it registered, or leaves it as it is."""
        return True

    def sends(self, *_: object) -> None:
        """See ``session.surroundings.Observer``: no other process goes on."""

    def settled(self, *_: object) -> None:
        """See ``session.surroundings.Observer``."""

    def verdict(self, report: Report, *, ends_app: bool) -> None:  # noqa: ARG002 - the protocol's signature
        """See ``session.surroundings.Observer``: the summary comes at the end."""
        pass_over_what_is_there()

    def undone(self, _: Report) -> bool:
        """See ``session.surroundings.Observer``: the exit status is that of this process."""
        return False
