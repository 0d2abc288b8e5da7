"""Publishes the state of a run: to probes in the state file, to systemd through its socket."""

from collections.abc import Callable, Mapping
from typing import Any

from runner.pid1.notify import Notifier
from runner.pid1.state import State
from runner.pid1.state_file import StateFile, folder_of
from runner.pid1.view import view_of


class Publicity:
    """What was last published, and where."""

    def __init__(self, environment: Mapping[str, str], say: Callable[[str, str], None]) -> None:
        """Find out where there is somebody to tell.

        Args:
            environment: names the folder of the state file, and the socket.
            say: says with a level what cannot be published.
        """
        self._say = say
        self._view: Mapping[str, Any] = {}
        self._notifier = Notifier(environment)
        self._file = StateFile(folder_of(environment))
        if self._file.problem is not None:
            say("info", f"enlist status will not know of this run: {self._file.problem}")

    def publish(self, state: State) -> None:
        """Publish the state of the run, if it has changed."""
        view = view_of(state)
        if view == self._view:
            return
        self._view = view
        before = self._file.problem
        self._file.write(view)
        if self._file.problem not in {None, before}:
            self._say("warning", f"enlist status does not know the state of this run: {self._file.problem}")
        self._notifier.send(
            ready=bool(view["serving"]), stopping=bool(view["stopping"]), status=str(view["text"])
        )

    def remove(self) -> None:
        """Leave no state behind."""
        self._file.remove()
