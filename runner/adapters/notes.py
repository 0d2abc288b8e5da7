"""Files that belong to the platform around us: written where they stand, since they may be mounts or be shared."""

import os

from runner.adapters.files import refuse_traps
from runner.adapters.output import cleaned

_WAIT_FOR_NOBODY = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC


def overwrite(path: str, text: str) -> None:
    """Replace what a file holds, where there is one."""
    refuse_traps(path)
    _write(os.open(path, _WAIT_FOR_NOBODY | os.O_TRUNC), cleaned(text))


def append(path: str, text: str) -> None:
    """Add to a file; make it where there is none."""
    refuse_traps(path)
    _write(os.open(path, _WAIT_FOR_NOBODY | os.O_APPEND | os.O_CREAT, 0o600), cleaned(text, masked=True))


def _write(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8", errors="backslashreplace"))
