"""What is published of a run's state: in the state file, to systemd, to ``enlist status``."""

from typing import Any

from runner.pid1.state import App, Stage, State

_ENDS = {Stage.DEREGISTERING, Stage.DRAINING, Stage.ENDING, Stage.OVER}


def view_of(state: State) -> dict[str, Any]:
    """Return what may be known of a state, ready to be written as JSON."""
    states = state.states
    stopping = state.stage in _ENDS
    ready = not stopping and states is not None and states.ready
    return {
        "file": state.terms.file if state.terms else None,
        "stage": state.stage.value,
        "ready": ready,
        "serving": state.stage is Stage.RUNNING and state.app is App.RUNNING and state.verdict is not None,
        "stopping": stopping,
        "registrations": dict(states.registrations) if states else {},
        "text": _in_words(state, ready=ready, stopping=stopping),
    }


def _in_words(state: State, *, ready: bool, stopping: bool) -> str:
    if stopping:
        return "stopping"
    if ready:
        return "registered"
    if state.verdict not in {None, 0}:
        return "running without its registration"
    return "reading the file" if state.stage is Stage.CHECKING else "registering"
