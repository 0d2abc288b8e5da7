"""The codes of warnings, in one place so that none is given twice, and how one is made."""

from runner.language.span import Span
from runner.model.diagnostic import Diagnostic, Severity

CODES = {
    "W501": "a variable that nothing uses",
    "W502": "an endpoint that nothing talks to",
    "W503": "a retry policy that nothing uses",
    "W504": "a capture that nothing uses",
    "W505": "a failure class that is never reached",
    "W506": "status sets that partly hide each other",
    "W507": "a failure class that takes successes too",
    "W508": "a condition that any other answer meets as well",
    "W509": "a deadline shorter than one attempt",
    "W510": "an end that takes longer than the platform waits",
    "W511": "a retry of what may not be repeated",
    "W512": "a deregistration that takes away what others use",
    "W513": "a deregistration that only the registering process can do",
    "W514": "an optional registration that a required one needs",
    "W515": "a secret in the file",
    "W516": "credentials that go over the network unencrypted",
    "W517": "a certificate that is not checked",
    "W518": "a value that YAML 1.1 reads as something else",
    "W519": "a step with the name of a verb beside it",
    "W520": "a suppression that suppresses nothing",
    "W521": "an end that leaves the application no time",
    "W522": "a key in a path where a text was meant",
    "W523": "another tool's placeholder",
    "W524": "JSON that is sent as a text",
    "W530": "one's own registration taken for somebody else's",
    "W531": "an adoption where nothing is registered",
    "W532": "a beat that may take until the next one",
    "W533": "a registration that ends before a lost beat is made good",
}
"""Stable: a code keeps its meaning, and that of a rule that is gone is not given to another."""


def warning(
    code: str,
    span: Span,
    message: str,
    hint: str | None = None,
    *,
    related: tuple[tuple[Span, str], ...] = (),
) -> Diagnostic:
    """Return a finding that does not refuse the file."""
    if code not in CODES:
        raise AssertionError(f"{code} is not in the list of codes")
    return Diagnostic(
        code=code, span=span, message=message, hint=hint, severity=Severity.WARNING, related=related
    )
