"""What stands in for production where a file is only tried out."""


class StandInFiles:
    """Gives a text for any file: secrets of production are not there where tests run, and need not be."""

    def read(self, path: str, max_bytes: int) -> bytes:  # noqa: ARG002 - the port's signature
        """Return a text that stands for the file."""
        return f"content of {path}".encode()

    def write(self, path: str, text: str, *, shared: bool = False) -> None:  # noqa: ARG002 - the port's signature
        """Nothing is written while trying out."""
        raise AssertionError(f"{path} was to be written ({len(text)} characters)")
