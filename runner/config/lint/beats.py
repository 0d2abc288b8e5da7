"""Warnings about a heartbeat's cadence, and the times beside it that do not fit."""

import re
from collections.abc import Iterator
from typing import Any

from runner.config.lint.warning import warning
from runner.config.parts_of import endpoint_of
from runner.config.read.source import Path, SourceTree
from runner.language.file import Spec
from runner.language.units import UnitError, format_duration, parse_duration_s
from runner.model.diagnostic import Diagnostic

_LIFE = re.compile(
    r"(?:.*_)?ttl(?:_?s|_?secs?|_?seconds)?"
    r"|deregister_?critical_?service_?after"
    r"|(?:lease_?)?duration_?in_?secs|lease_?duration(?:_?seconds)?",
    re.IGNORECASE,
)
"""Consul's, etcd's, Eureka's and everybody else's names for how long a registration lives without a beat."""
_BEATS_PER_TTL = 2
"""One beat that is lost or late must not cost the registration."""


def slow_beats(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A beat that may take until the next one is due makes one that hangs cost the next one too."""
    for registration in spec.registrations.values():
        beat = registration.heartbeat
        asked = (endpoint_of(spec, registration, beat, step) for step in beat.steps) if beat else ()
        for name in dict.fromkeys(asked):
            place, timeout_s = ("endpoints", name, "attempt_timeout"), spec.endpoints[name].attempt_timeout_s
            if beat and place in tree.places and timeout_s >= beat.every_s:
                message = (
                    f"a beat of {registration.name} may take {format_duration(timeout_s)}, "
                    f"and the next one is due after {format_duration(beat.every_s)}"
                )
                hint = f"lower attempt_timeout of {name}, or raise every"
                related = ((tree.span(("registrations", registration.name, "heartbeat", "every")), "every"),)
                yield warning("W532", tree.span(place), message, hint, related=related)


def short_lives(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """A registration that the server forgets before two beats are due does not survive the loss of one."""
    data: Any = tree.data
    for registration in spec.registrations.values():
        if registration.heartbeat is None:
            continue
        every_s, top = registration.heartbeat.every_s, ("registrations", registration.name)
        for place, key, life_s in _lives(data["registrations"][registration.name], top):
            if 0 < life_s < _BEATS_PER_TTL * every_s:
                message = f"{key} is {format_duration(life_s)}, and {registration.name} beats every {format_duration(every_s)}"
                hint = f"one beat that is lost ends the registration; raise {key}, or lower every to a third of it"
                related = ((tree.span((*top, "heartbeat", "every")), "every"),)
                yield warning("W533", tree.span(place), message, hint, related=related)


def _lives(registration: dict[str, Any], top: Path) -> Iterator[tuple[Path, str, float]]:
    """Go through the lives that the bodies of the registration give: place, key, seconds."""
    steps = [((*top, "steps", place), step) for place, step in enumerate(registration.get("steps", ()))]
    for where, step in [(top, registration), *steps]:
        for kind in ("json", "form"):
            body = step.get("request", {}).get(kind)
            yield from _lives_in(body, (*where, "request", kind))


def _lives_in(data: Any, where: Path) -> Iterator[tuple[Path, str, float]]:
    if isinstance(data, list):
        for place, item in enumerate(data):
            yield from _lives_in(item, (*where, place))
    elif isinstance(data, dict):
        for key, value in data.items():
            seconds = _seconds(value) if _LIFE.fullmatch(key) else None
            if seconds is not None:
                yield (*where, key), key, seconds
            yield from _lives_in(value, (*where, key))


def _seconds(value: Any) -> float | None:
    """Read a literal: a duration with its unit, or seconds; none where it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    try:
        return float(value) if re.fullmatch(r"[0-9]{1,9}", value) else parse_duration_s(value)
    except UnitError:
        return None


RULES = (slow_beats, short_lives)
