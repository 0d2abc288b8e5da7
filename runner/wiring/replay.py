"""``enlist explain --report``: files, console, and the adapters of virtual time."""

import os

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.recorded import RecordedTransport
from runner.app import replay


def run_replay(path: str, report: str, registration: str | None) -> int:
    """Play a recorded run again; returns the exit status."""
    world = replay.RecordedWorld(run=run_virtually, transport=RecordedTransport, clock=VirtualClock())
    request = replay.Request(file=path, report=report, registration=registration)
    return replay.replay(request, os.environ, LocalFiles(), StreamConsole(), world)
