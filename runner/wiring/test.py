"""``enlist test``: the adapters of virtual time."""

from collections.abc import Sequence

from runner.adapters.console import StreamConsole
from runner.adapters.files import LocalFiles
from runner.adapters.virtual.clock import VirtualClock
from runner.adapters.virtual.loop import run_virtually
from runner.adapters.virtual.transport import ScriptedTransport
from runner.app import test


def virtual_world() -> test.VirtualWorld:
    """Return the world in which a file's tests are played."""
    return test.VirtualWorld(run=run_virtually, transport=ScriptedTransport, clock=VirtualClock())


def run_test(paths: Sequence[str], *, seeds: int | None) -> int:
    """Run the tests of files; returns the exit status."""
    return test.run_tests(paths, LocalFiles(), StreamConsole(), virtual_world(), seeds=seeds)
