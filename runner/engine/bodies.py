"""Response bodies for the reports, where the file asks for them: held while the run is on, masked and cut at its end.

Only then are all secrets known, and what is cut before it is masked may end in half a secret. So more is held than
is shown, and of a body that was too long to be held whole that surplus is never shown.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from runner.model.exchange import Exchange, Response
from runner.model.outcome import Attempt, Outcome
from runner.model.plan import Step
from runner.model.secret import Secret, reveal
from runner.values.secret import SURPLUS_CHARS, Redactor

MAX_CHARS = 4096
"""What is shown of one body."""
MAX_TOTAL_CHARS = 16 * MAX_CHARS
"""What is shown of all bodies of one registration."""
_RESERVE_CHARS = MAX_TOTAL_CHARS // 4
"""Kept free for answers that end a step: a thousand refusals must not take the place of what ended them."""


class BodyKeeper:
    """Holds the bodies of one registration within their bound."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._left = MAX_TOTAL_CHARS

    def hold(self, attempt: Attempt, exchange: Exchange, step: Step) -> Attempt:
        """Return the attempt with its answer's body, or with why it has none."""
        if not self._wanted or not isinstance(exchange, Response):
            return attempt
        if any(capture.secret for capture in step.captures) and exchange.status in step.expect.status:
            return replace(attempt, body_note="not kept: secrets are captured from it")
        try:
            text = exchange.body.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            return replace(attempt, body_note=f"not kept: {len(exchange.body)} bytes that are no text")
        size = min(len(text), MAX_CHARS)
        left = self._left - (_RESERVE_CHARS if attempt.wait_s is not None else 0)
        if size > left:
            return replace(attempt, body_note=f"not kept: all bodies may have {MAX_TOTAL_CHARS} characters")
        self._left -= size
        note = f"the beginning of {len(text)} characters" if len(text) > MAX_CHARS else None
        return replace(attempt, body=Secret(text[: MAX_CHARS + SURPLUS_CHARS]), body_note=note)


def show_bodies(outcomes: Iterable[Outcome], redactor: Redactor) -> tuple[Outcome, ...]:
    """Return the outcomes with the bodies that were held, masked and then cut."""
    return tuple(
        replace(outcome, attempts=tuple(_shown(attempt, redactor) for attempt in outcome.attempts))
        for outcome in outcomes
    )


def _shown(attempt: Attempt, redactor: Redactor) -> Attempt:
    if attempt.body is None:
        return attempt
    return replace(attempt, body=redactor.beginning(reveal(attempt.body), MAX_CHARS))
