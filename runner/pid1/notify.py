"""Notifies systemd, where it listens: ready, stopping, and one line of status (sd_notify(3))."""

import contextlib
from collections.abc import Mapping


class Notifier:
    """Sends to the socket that ``NOTIFY_SOCKET`` names, and to nobody without it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._path = environment.get("NOTIFY_SOCKET", "")
        self._last = ""

    def send(self, *, ready: bool, stopping: bool, status: str) -> None:
        """Send the state, if it has changed."""
        lines = ["READY=1"] if ready else []
        lines += ["STOPPING=1"] if stopping else []
        text = "\n".join([*lines, f"STATUS={status}"])
        if not self._path.startswith(("/", "@")) or text == self._last:
            return
        self._last = text
        import socket  # noqa: PLC0415 - most have no systemd, and need none of it in memory

        # A datagram to a full or closed socket must neither stop nor delay us.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(text.encode(), self._path.replace("@", "\0", 1))
