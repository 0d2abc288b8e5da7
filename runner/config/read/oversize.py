"""What is said of a file that nobody reads because of its size, for all who may meet it."""

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic


def too_large(file: str) -> Diagnostic:
    """Return the finding about a file that is not read because of its size."""
    return Diagnostic(code="E101", span=Span(file, 1, 1, 1, 1), message="the file is larger than 1 MiB")
