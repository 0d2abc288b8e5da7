"""Init on a machine that has no room for another process while a file named ``full`` lies in its folder.

It takes the place of the command: ``python -I no_fork.py COMMAND run FILE [options] -- APPLICATION...``.
"""

import errno
import os
import sys

from runner.pid1.main import main

fork = os.fork


def refusing() -> int:
    """Fork, unless the machine is full."""
    if os.path.exists("full"):  # noqa: PTH110 - as little as possible is imported beside init
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()


os.fork = refusing
words = sys.argv[3:]
at = words.index("--")
sys.exit(main(words[:at], words[at + 1 :]))
