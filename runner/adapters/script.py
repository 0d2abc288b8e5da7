"""Plays a script: which answer is due for a step, now.

Shared by the scripted transport (virtual time) and the sandbox (real sockets), so that both mean the same.
"""

import json
from collections.abc import Sequence

from msgspec import Struct

from runner.language.stories import ScriptedAnswer
from runner.language.terms import VerbName
from runner.model.exchange import Response

EXHAUSTED = ScriptedAnswer(status=404, body={"error": "the script has no answer for this step"})


class Asked(Struct, frozen=True):
    """What is known of a request that wants an answer; what is none fits whatever an answer says of it."""

    step: str | None
    """None is a request that no step describes."""
    verb: VerbName | None = None
    endpoint: str | None = None
    url: str | None = None

    def is_meant_by(self, answer: ScriptedAnswer) -> bool:
        """Whether an answer is for such a request."""
        return (
            answer.step in (None, self.step)
            and (answer.verb is None or self.verb in (None, answer.verb))
            and (answer.endpoint is None or self.endpoint in (None, answer.endpoint))
            and (answer.address is None or self.url is None or _is_at(self.url, answer.address))
        )


def _is_at(url: str, address: str) -> bool:
    base = address.rstrip("/")
    return url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?")


class Player:
    """Keeps how often and since when each answer was given.

    An answer is good from its ``after`` until its ``times``, ``for`` or ``until`` ends; without any of the four it is given
    once. The first answer for a request that is good is due, and the last one whose time has come repeats.
    """

    def __init__(self, script: Sequence[ScriptedAnswer]) -> None:
        self._script = script
        self._given = [0] * len(script)
        self._since_s: list[float | None] = [None] * len(script)

    def due(self, asked: Asked, elapsed_s: float) -> ScriptedAnswer:
        """Take the answer for a request.

        Args:
            asked: the request.
            elapsed_s: seconds since the script began.
        """
        index = self._find(asked, elapsed_s)
        if index is None:
            return EXHAUSTED
        self._given[index] += 1
        self._begin(index, elapsed_s)
        return self._script[index]

    def peek(self, asked: Asked, elapsed_s: float) -> ScriptedAnswer:
        """Return the answer that is due, without taking it; its ``for`` begins to run all the same."""
        index = self._find(asked, elapsed_s)
        if index is None:
            return EXHAUSTED
        self._begin(index, elapsed_s)
        return self._script[index]

    def _find(self, asked: Asked, elapsed_s: float) -> int | None:
        last = None
        for index, answer in enumerate(self._script):
            if elapsed_s < answer.after_s or not asked.is_meant_by(answer):
                continue
            last = index
            if self._is_good(index, elapsed_s):
                break
        return last

    def _begin(self, index: int, elapsed_s: float) -> None:
        if self._since_s[index] is None:
            self._since_s[index] = elapsed_s

    def _is_good(self, index: int, elapsed_s: float) -> bool:
        answer = self._script[index]
        if answer.until_s is not None:
            return elapsed_s < answer.until_s
        if answer.for_s is not None:
            since_s = self._since_s[index]
            return since_s is None or elapsed_s < since_s + answer.for_s
        if answer.times is None and answer.after_s:
            return True
        return self._given[index] < (answer.times or 1)


def response_of(answer: ScriptedAnswer) -> Response:
    """Return the response that an answer describes: a text as it stands, anything else as JSON."""
    headers = {name.lower(): value for name, value in answer.headers}
    if answer.body is None:
        body = b""
    elif isinstance(answer.body, str):
        body = answer.body.encode()
        headers.setdefault("content-type", "text/plain; charset=utf-8")
    else:
        body = json.dumps(answer.body).encode()
        headers.setdefault("content-type", "application/json")
    return Response(status=answer.status, headers=headers, body=body)
