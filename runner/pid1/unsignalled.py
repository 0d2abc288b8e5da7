"""Writes of our own that the kernel answers with a signal (SIGPIPE, SIGXFSZ): it is not forwarded to the application."""

import contextlib
import errno
import signal
from collections.abc import Iterator

_ANSWERS = {errno.EPIPE: signal.SIGPIPE, errno.EFBIG: signal.SIGXFSZ}


@contextlib.contextmanager
def unsignalled() -> Iterator[None]:
    """Keep the signal of a write that fails from being taken for one that somebody sent us.

    It waits for this thread as long as it is blocked, and is taken away before it is let in.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ANSWERS.values())
    try:
        yield
    except OSError as error:
        if error.errno in _ANSWERS:
            signal.sigtimedwait([_ANSWERS[error.errno]], 0)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
