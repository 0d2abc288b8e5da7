"""The attempts of a registration as a drawing: when each began, how long it took, and how long the waits were.

Drawn in SVG, with positions in per cent and texts in their natural size: so it is as wide as the page, on a phone
too, and its words stay readable.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from runner.language.units import format_duration
from runner.model.outcome import Attempt, Outcome
from runner.report.escape import xml
from runner.report.lost import answer_of, is_lost, place_of
from runner.report.story import decision_of

COLOURS = 8
"""How many failure classes have a colour of their own; the style sheet has as many."""
LABEL, LANE, AXIS = 22, 30, 26
"""Heights in pixels: the words above a lane, the lane itself, and the axis below all lanes."""
_MIN_WIDTH = 0.1
"""In per cent: a box without any width is not drawn, and a refusal takes no time."""
_MAX_TICKS = 6
_STEPS = (1, 2, 5)

Colours = Mapping[str, str]


def colours_of(outcomes: Iterable[Outcome]) -> Colours:
    """Return the style of each failure class, in the order of their first attempts."""
    names = dict.fromkeys(
        attempt.class_name or ""
        for outcome in outcomes
        for attempt in outcome.attempts
        if attempt.class_name is not None and is_lost(attempt)
    )
    return {name: f"c{number % COLOURS}" for number, name in enumerate(names)}


def draw_attempts(outcome: Outcome, colours: Colours) -> str:
    """Return the drawing of a registration: a lane for each step, a bar for each attempt."""
    lanes: dict[str, list[Attempt]] = {}
    for attempt in outcome.attempts:
        lanes.setdefault(place_of(attempt), []).append(attempt)
    scale = Scale(outcome.started_s, max([outcome.ended_s, *(each.ended_s for each in outcome.attempts)]))
    height = len(lanes) * (LABEL + LANE)
    body: list[str] = list(scale.draw_axis(height))
    for number, (place, attempts) in enumerate(lanes.items()):
        top = number * (LABEL + LANE)
        body.append(f'<text class="lane" x="0" y="{top + 15}">{xml(place)}</text>')
        body += _waits(attempts, outcome.attempts, scale, top + LABEL)
        body += [_bar(each, colours, scale, top + LABEL) for each in attempts]
    words = f"{outcome.requests} requests in {format_duration(outcome.ended_s - outcome.started_s)}"
    return _drawing(f"{outcome.registration}: {words}", height + AXIS, body)


def draw_overview(outcomes: Iterable[Outcome], elapsed_s: float) -> str:
    """Return the drawing of a run: a lane for each registration, from its begin to its end."""
    listed = list(outcomes)
    scale = Scale(0.0, max([elapsed_s, *(outcome.ended_s for outcome in listed)]))
    height = len(listed) * (LABEL + LANE)
    body: list[str] = list(scale.draw_axis(height))
    for number, outcome in enumerate(listed):
        top = number * (LABEL + LANE)
        words = f"{outcome.registration}: {outcome.state}"
        box = scale.box(outcome.started_s, outcome.ended_s, top + LABEL + 5, 20)
        body.append(f'<text class="lane" x="0" y="{top + 15}">{xml(words)}</text>')
        body.append(f'<rect class="span {outcome.state}" {box}><title>{xml(words)}</title></rect>')
    return _drawing("the run", height + AXIS, body)


class Scale:
    """Seconds since the run began, as positions across the page."""

    def __init__(self, begin_s: float, end_s: float) -> None:
        self._begin_s = begin_s
        self._length_s = max(end_s - begin_s, 0.001)

    def at(self, time_s: float) -> float:
        """Return a position in per cent."""
        return 100.0 * (time_s - self._begin_s) / self._length_s

    def box(self, begin_s: float, end_s: float, top: float, height: float) -> str:
        """Return the attributes of a box that covers a time."""
        left = min(self.at(begin_s), 100.0 - _MIN_WIDTH)
        width = max(self.at(end_s) - left, _MIN_WIDTH)
        return f'x="{left:.3f}%" y="{top:g}" width="{width:.3f}%" height="{height:g}"'

    def ticks(self) -> list[float]:
        """Return round times that cover the axis, at most a handful."""
        step_s = _step_s(self._length_s)
        first = -(-self._begin_s // step_s)
        times = [round((first + count) * step_s, 6) for count in range(_MAX_TICKS + 1)]
        return [time_s for time_s in times if self.at(time_s) <= 100.0]

    def draw_axis(self, height: int) -> Iterator[str]:
        """Draw the grid behind the lanes, with the times below them."""
        yield f'<line class="axis" x1="0" x2="100%" y1="{height}" y2="{height}"/>'
        for time_s in self.ticks():
            at = self.at(time_s)
            anchor = "start" if at < 3 else "end" if at > 92 else "middle"
            yield f'<line class="grid" x1="{at:.3f}%" x2="{at:.3f}%" y1="0" y2="{height + 4}"/>'
            yield f'<text class="tick" x="{at:.3f}%" y="{height + 18}" text-anchor="{anchor}">{time_s:g} s</text>'


def _step_s(length_s: float) -> float:
    """Return the smallest round step of which the axis needs no more than a handful."""
    exponents = range(-4, 8)
    steps = (round(step * 10.0**exponent, 6) for exponent in exponents for step in _STEPS)
    return next((step for step in steps if length_s / step <= _MAX_TICKS), length_s)


def _bar(attempt: Attempt, colours: Colours, scale: Scale, top: int) -> str:
    """An attempt that was lost is drawn low in its class's colour, a good one tall: colour is not all that tells."""
    style, shift, height = "good", 2, LANE - 6
    if is_lost(attempt):
        style, shift, height = colours[attempt.class_name or ""], 8, LANE - 18
    took = format_duration(attempt.ended_s - attempt.started_s)
    words = [
        f"{place_of(attempt)} #{attempt.number} at {attempt.started_s:.3f} s, {took}: {answer_of(attempt)}"
    ]
    if attempt.class_name is not None:
        words.append(f"{attempt.class_name}: {attempt.message}; {decision_of(attempt)}")
    box = scale.box(attempt.started_s, attempt.ended_s, top + shift, height)
    return f'<rect class="bar {style}" {box}><title>{xml(". ".join(words))}</title></rect>'


def _waits(lane: list[Attempt], attempts: tuple[Attempt, ...], scale: Scale, top: int) -> Iterator[str]:
    """A thin line where nothing was under way because the policy says to wait."""
    following = {id(before): after for before, after in pairwise(attempts)}
    for attempt in lane:
        if attempt.wait_s:
            after = following.get(id(attempt))
            end_s = attempt.ended_s + attempt.wait_s if after is None else after.started_s
            middle = top + LANE / 2 - 1
            yield (
                f'<line class="wait" x1="{scale.at(attempt.ended_s):.3f}%" x2="{min(scale.at(end_s), 100.0):.3f}%"'
                f' y1="{middle:g}" y2="{middle:g}"><title>{xml(f"wait {format_duration(attempt.wait_s)}")}</title></line>'
            )


def _drawing(title: str, height: int, body: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}" role="img" aria-label="{xml(title)}">'
    return "\n".join([head, *body, "</svg>"])
