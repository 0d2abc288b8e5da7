"""Where ``enlist run FILE -- COMMAND`` begins."""

import errno
import gc
import os
import sys
from collections.abc import Sequence

from runner.pid1 import processes
from runner.pid1.driver import Init
from runner.pid1.say import say, wants_json
from runner.pid1.state import BUG

_USAGE = 2
_CANNOT_WORK_HERE = 78
"""As for a file or an environment that is wrong (EX_CONFIG)."""


def main(own: Sequence[str], command: list[str]) -> int:
    """Run an application beside its registrations.

    Args:
        own: the arguments after ``run`` and before ``--``; the registrar reads them.
        command: what stands after ``--``.

    Returns:
        The exit status.
    """
    _open_missing_streams()
    if not command:
        say("error", "there is no command after --")
        return _USAGE
    try:
        processes.find_command(command[0])
    except processes.Unstartable as error:
        say("error", str(error), as_json=wants_json(own))
        return error.status
    gc.enable()  # see __main__
    try:
        return Init(own, command).run()
    except Exception as error:  # noqa: BLE001 - the last resort: a bug must look different from a failed run
        if isinstance(error, OSError) and error.errno == errno.EMFILE:
            say("error", "no file can be opened any more: the limit on descriptors (ulimit -n) is too low")
            return _CANNOT_WORK_HERE
        sys.excepthook(*sys.exc_info())
        return BUG


def _open_missing_streams() -> None:
    """Put something in the place of a standard stream that is closed, or the next file would get its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
