"""Reads ``tests:``: what a control plane answers, and how the registration must end."""

from collections.abc import Iterator

from runner.config.typed.cursor import Cursor
from runner.config.typed.declared import read_part
from runner.config.typed.headers import check_header_name
from runner.config.typed.parts import read_condition, read_named
from runner.language.expected import Count, Expected, SentRequest
from runner.language.stories import ScriptedAnswer, ScriptedTest
from runner.language.value import Condition
from runner.model.diagnostic import Diagnostic
from runner.values.walk import references_in


def read_test(at: Cursor) -> ScriptedTest:
    """Read one entry of ``tests``."""
    test = read_part(
        at,
        ScriptedTest,
        given=at.list("given", _answer),
        then=_expected(at.child("then")),
        span=at.child("name").span,
    )
    _check_life(at, test)
    return test


def _answer(at: Cursor) -> ScriptedAnswer:
    of_response = [key for key in ("status", "headers", "body") if key in at]
    if "error" in at and of_response:
        hint = f"leave out error, or {' and '.join(of_response)}"
        at.report(
            "E310", f"an answer has an error or a response, and this has error and {of_response[0]}", hint
        )
    ends = [key for key in ("times", "for", "until") if key in at]
    if "times" in ends and len(ends) > 1:
        hint = "an answer ends after a number of times or after a time; write two answers for both"
        at.report("E331", f"an answer has {' and '.join(ends)}", hint)
    for header in at.child("headers").data if "headers" in at else ():
        check_header_name(at.child("headers").child(header))
    answer = read_part(at, ScriptedAnswer, headers=at.map("headers", lambda value: str(value.data)))
    if answer.until_s is not None and answer.after_s >= answer.until_s:
        _cannot_be(at, "after", "until")
    return answer


def _expected(at: Cursor) -> Expected:
    expected = read_part(
        at,
        Expected,
        requests=_count(at.get("requests")),
        by_step=at.map("requests_by_step", _some),
        sent=at.list("sent", _sent),
        not_sent=at.list("not_sent", _sent),
    )
    if expected.within_s is not None and (expected.not_before_s or 0.0) > expected.within_s:
        _cannot_be(at, "not_before", "within")
    return expected


def _some(at: Cursor) -> Count:
    """Read how many; a number is both bounds."""
    if not isinstance(at.data, dict):
        return Count(min=int(at.data), max=int(at.data), span=at.span)
    count = read_part(at, Count)
    if count.min is not None and count.max is not None and count.min > count.max:
        _cannot_be(at, "min", "max")
    return count


def _count(at: Cursor | None) -> Count | None:
    return None if at is None else _some(at)


def _sent(at: Cursor) -> SentRequest:
    request = read_part(
        at,
        SentRequest,
        path=_condition(at.get("path")),
        query=read_named(at, "query", is_path=False),
        headers=read_named(at, "headers", is_path=False),
        body=read_named(at, "body", is_path=True),
        text=_condition(at.get("text")),
        times=_count(at.get("times")),
        span=at.span,
    )
    hint = "write the value that it has in this test"
    for _, template in references_in(request):
        message = "a placeholder cannot stand in what a test looks for"
        at.findings.append(Diagnostic(code="E404", span=template.span, message=message, hint=hint))
    if request.within_s is not None and request.not_before_s > request.within_s:
        _cannot_be(at, "not_before", "within")
    return request


def _condition(at: Cursor | None) -> Condition | None:
    return None if at is None else read_condition(at)


def _cannot_be(at: Cursor, first: str, last: str) -> None:
    message = f"{first} is {at.data[first]} and {last} is {at.data[last]}, and nothing is between them"
    at.child(first).report("E351", message, f"exchange them, or leave out {first}")


def _check_life(at: Cursor, test: ScriptedTest) -> None:
    """What belongs to a whole life makes no sense where the test ends with registering."""
    if test.until_s is None:
        for key, where in _of_a_life(at):
            hint = "add until: with how long the life lasts, as in until: 60s"
            where.report("E350", f"{key} is about a whole life, and this test ends with registering", hint)
        return
    for state, where in zip(test.then.states, _items(at.child("then"), "states"), strict=True):
        if state.at_s > test.until_s:
            hint = "let the life last longer, or look earlier"
            where.report(
                "E350", f"at {where.data['at']} the life is over, which ends at {at.data['until']}", hint
            )


def _of_a_life(at: Cursor) -> Iterator[tuple[str, Cursor]]:
    then = at.child("then")
    for place, key in ((at, "end"), (at, "ready_after"), (then, "deregistered")):
        if key in place:
            yield key, place.child(key)
    for each in _items(then, "states"):
        yield "states", each


def _items(at: Cursor, key: str) -> tuple[Cursor, ...]:
    below = at.get(key)
    return () if below is None else tuple(below.items())
