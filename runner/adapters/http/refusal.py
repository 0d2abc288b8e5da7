"""What this adapter itself refuses, of a request or of an answer."""

from runner.language.terms import TransportKind


class Refused(Exception):
    """Ends an attempt for a reason that no library gave; the message is for people."""

    def __init__(self, kind: TransportKind, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        """The answer's status, where no more than that was read of it."""
