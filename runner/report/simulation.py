"""A simulated fleet as text and as JSON: a table of figures, the load over time, and what they advise."""

import json
import math
from collections.abc import Iterator

from msgspec import to_builtins

from runner.language.units import format_duration
from runner.model.simulated import Figures, Share

_WIDTH = 60
"""Columns of the plot."""
_BARS = " ▁▂▃▄▅▆▇█"


def render_figures(figures: Figures) -> str:
    """Return the answer for people."""
    rows = list(_rows(figures))
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        (
            f"{figures.file}: {figures.containers} containers meet {figures.scenario}: {figures.title}",
            *(f"  {name:<{width}}  {text}".rstrip() for name, text in rows),
            *(f"  {line}" for line in _plot(figures)),
            *advice(figures),
        )
    )


def _rows(figures: Figures) -> Iterator[tuple[str, str]]:
    yield (
        "registered",
        f"{figures.registered} of {figures.containers} ({_percent(figures.registered, figures.containers)})",
    )
    for each in figures.others:
        yield "", f"{each.containers} {_how(each)}"
    if figures.lost:
        yield "lost again", f"{figures.lost}"
    if figures.took is not None:
        took = figures.took
        spread = (("p50", took.p50_s), ("p95", took.p95_s), ("p99", took.p99_s), ("max", took.max_s))
        yield "time to registered", "  ".join(f"{name} {_seconds(value_s)}" for name, value_s in spread)
    if figures.all_registered_s is not None:
        ideal = figures.ideal_s
        ratio = (
            ""
            if not 0 < ideal <= figures.all_registered_s
            else f" ({figures.all_registered_s / ideal:.1f} times)"
        )
        yield (
            "all registered",
            f"after {_seconds(figures.all_registered_s)}; at best {_seconds(ideal)}{ratio}",
        )
    yield (
        "requests",
        f"{figures.requests}: {figures.per_container:.1f} a container, at most {figures.most_of_one}",
    )
    share = _percent(figures.retries, figures.requests)
    yield "", f"{figures.first_tries} first tries, {figures.retries} retries ({share})"
    second, count = figures.peak_second
    tenth_s, in_tenth = figures.peak_tenth
    yield (
        "peak",
        f"{count} a second (at {second}s), {in_tenth} in 100ms (at {tenth_s:.1f}s); it serves {figures.capacity:g} a second",
    )
    if figures.above_until_s is not None:
        yield "above capacity", f"until {_seconds(figures.above_until_s)}"
    yield "refused", f"{figures.refused} ({_percent(figures.refused, figures.requests)})"
    yield (
        "served in vain",
        f"{figures.wasted} of {figures.served} ({_percent(figures.wasted, figures.served)})",
    )
    yield "created twice", f"{figures.duplicates}"


def _how(share: Share) -> str:
    why = ", ".join(each for each in (share.class_name, share.reason) if each)
    return f"{share.state.replace('_', ' ')} ({why})" if why else share.state.replace("_", " ")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _seconds(value_s: float) -> str:
    return "never" if math.isinf(value_s) else format_duration(round(value_s, 1))


def _plot(figures: Figures) -> Iterator[str]:
    """Yield the load over time: the most of each span of seconds, on a scale of roots, so that capacity shows too."""
    load = figures.load
    if len(load) < 2:
        return
    span = math.ceil(len(load) / _WIDTH)
    most = [max(load[at : at + span]) for at in range(0, len(load), span)]
    top = max(most) or 1
    yield "".join(_BARS[math.ceil((len(_BARS) - 1) * math.sqrt(each / top))] for each in most)
    yield f"requests a second, 0s to {len(load) - 1}s, {span}s a column; the highest is {top}"


def advice(figures: Figures) -> Iterator[str]:
    """Yield what the figures say is worth changing, one line each."""
    if figures.splay_s is not None:
        first = figures.load[0]
        yield (
            f"advice: {first} requests come in the first second, {first / figures.capacity:.0f} times what is served; "
            f"lifecycle.splay: {format_duration(max(1.0, math.ceil(figures.splay_s)))} spreads them over the time that serving all takes"
        )
    if figures.herd is not None:
        second, count = figures.herd
        yield (
            f"advice: they come back together: {count} in second {second}, {count / figures.capacity:.0f} times what is "
            f"served; a larger backoff.max, or more jitter, spreads them"
        )
    if figures.duplicates:
        yield (
            f"advice: {figures.duplicates} were created twice; a verify, or idempotent: true with a class for what is "
            f"there already, prevents that"
        )


def render_figures_as_json(figures: Figures) -> str:
    """Return the answer for machines; what has no number, as a time that never comes, is null."""
    document = {"format": 1, **to_builtins(figures)}
    finite = {name: None if each == math.inf else each for name, each in document.items()}
    return json.dumps(finite, indent=2, ensure_ascii=False)
