"""The file system."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path


class LocalFiles:
    """Reads and writes files of this machine."""

    def read(self, path: str, max_bytes: int) -> bytes:
        """See ``ports.Files``; reading stops at the limit, so a device or an endless pipe ends too."""
        if path == "-":
            raw = sys.stdin.buffer.read(max_bytes + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(max_bytes + 1)
        if len(raw) > max_bytes:
            raise ValueError(f"{path} is larger than {max_bytes} bytes")
        return raw

    def write(self, path: str, text: str) -> None:
        """See ``ports.Files``; written beside the target and renamed, so that nobody reads half of it."""
        target = Path(path)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            Path(temporary).replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
