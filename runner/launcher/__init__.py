"""What the ``enlist`` command imports first, under a name that no application has.

It is installed as the package ``enlist_launcher``. An application may have a ``runner.py`` of its own and set
``PYTHONPATH`` to find it; the command must start ours all the same, so what ``PYTHONPATH`` put onto the
path is taken off before ``runner`` is looked for. Children still get the variable itself.
"""

import os
import sys


def entry() -> None:
    """Start the command with nobody else's modules before ours."""
    if os.environ.get("PYTHONPATH"):
        foreign = {_absolute(part) for part in os.environ["PYTHONPATH"].split(os.pathsep)}
        sys.path[:] = [part for part in sys.path if _absolute(part) not in foreign]
    try:
        from runner.__main__ import entry as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


def _absolute(part: str) -> str:
    try:
        return os.path.abspath(part)
    except OSError:  # the folder that we are in is gone
        return part
