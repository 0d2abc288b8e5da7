"""What a test expects of a life, compared with what it was."""

import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from runner.adapters.virtual.transport import Sent
from runner.commands.playing import Played
from runner.language.expected import Count, Expected, SentRequest
from runner.language.terms import OutcomeState
from runner.language.units import format_duration
from runner.language.value import Json, Named
from runner.model.bound import Scope
from runner.model.secret import reveal
from runner.model.trial import Mismatch
from runner.values import path
from runner.values.budget import Budget
from runner.values.condition import holds

_NO_SCOPE = Scope(variables={}, environment={}, files={}, captures={}, itself={})
_AT_LEAST_ONE = Count(min=1)


def mismatches(expected: Expected, played: Played) -> Iterator[Mismatch]:
    """Yield what was otherwise than a test expects."""
    yield from _end(expected, played)
    yield from _times(expected, played)
    yield from _counts(expected, played)
    for each in expected.states:
        found = played.states.get(each.at_s)
        if found is not each.state:
            yield Mismatch(f"the state at {format_duration(each.at_s)}", each.state, found or "at its end")
    for number, wanted in enumerate(expected.sent):
        fits, times = _fitting(wanted, played), wanted.times or _AT_LEAST_ONE
        if not times.takes(fits):
            yield Mismatch(f"the number of requests like sent[{number}]", _in_words(times), str(fits))
    for number, wanted in enumerate(expected.not_sent):
        if fits := _fitting(wanted, played):
            yield Mismatch(f"the number of requests like not_sent[{number}]", "0", str(fits))


def _end(expected: Expected, played: Played) -> Iterator[Mismatch]:
    outcome = played.standing or played.outcome
    state = OutcomeState.CANCELLED if outcome.state is OutcomeState.DEREGISTERED else outcome.state
    last = outcome.last_failure
    class_name = outcome.class_name or (last.class_name if last else None)
    deregistered = played.outcome.deregistration is OutcomeState.DEREGISTERED
    got = {
        "outcome": (expected.outcome, state),
        "class": (expected.class_name, class_name),
        "reason": (expected.reason, outcome.reason),
        "exit_status": (expected.exit_status, int(played.report.exit_status)),
        "deregistered": (expected.deregistered, deregistered),
    }
    for key, (wanted, found) in got.items():
        if wanted is not None and wanted != found:
            yield Mismatch(key, _written(wanted), _written(found))


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _times(expected: Expected, played: Played) -> Iterator[Mismatch]:
    took_s = played.first.ended_s - played.first.started_s
    if expected.within_s is not None and took_s > expected.within_s:
        yield Mismatch(
            "the time it took", f"at most {format_duration(expected.within_s)}", format_duration(took_s)
        )
    if expected.not_before_s is not None and took_s < expected.not_before_s:
        yield Mismatch(
            "the time it took", f"at least {format_duration(expected.not_before_s)}", format_duration(took_s)
        )


def _counts(expected: Expected, played: Played) -> Iterator[Mismatch]:
    if expected.requests is not None and not expected.requests.takes(len(played.sent)):
        yield Mismatch("requests", _in_words(expected.requests), str(len(played.sent)))
    by_step = Counter(each.request.step for each in played.sent)
    for step, count in expected.by_step:
        if not count.takes(by_step[step]):
            yield Mismatch(f"requests of {step}", _in_words(count), str(by_step[step]))


def _in_words(count: Count) -> str:
    if count.min == count.max:
        return str(count.min)
    bounds = (("at least", count.min), ("at most", count.max))
    return " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)


def _fitting(wanted: SentRequest, played: Played) -> int:
    return sum(_fits(wanted, each) for each in played.sent)


def _fits(wanted: SentRequest, sent: Sent) -> bool:
    request = sent.request
    if sent.at_s < wanted.not_before_s or (wanted.within_s is not None and sent.at_s > wanted.within_s):
        return False
    if wanted.step not in (None, request.step) or wanted.verb not in (None, request.asker[1]):
        return False
    if wanted.method not in (None, request.method):
        return False
    url = urlsplit(reveal(request.url))
    if wanted.path is not None and not holds(wanted.path, url.path, _NO_SCOPE):
        return False
    headers = {name.lower(): reveal(value) for name, value in request.headers}
    query = {
        name: values[0] if len(values) == 1 else list[Json](values)
        for name, values in parse_qs(url.query, keep_blank_values=True).items()
    }
    if not all(
        holds(each.condition, headers.get(str(each.name).lower()), _NO_SCOPE) for each in wanted.headers
    ):
        return False
    if not all(holds(each.condition, query.get(str(each.name)), _NO_SCOPE) for each in wanted.query):
        return False
    text = (request.body or b"").decode(errors="replace")
    if wanted.text is not None and not holds(wanted.text, text, _NO_SCOPE):
        return False
    return not wanted.body or _body_fits(wanted.body, text)


def _body_fits(conditions: tuple[Named, ...], text: str) -> bool:
    try:
        document: Json = json.loads(text)
    except ValueError:
        return False
    found = ((each, *path.search(str(each.name), document, Budget())) for each in conditions)
    return all(ok and holds(each.condition, value, _NO_SCOPE) for each, ok, value in found)
