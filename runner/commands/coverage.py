"""What of a file its tests reach: steps that are sent, classes that take an answer, and both ends of those that retry."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from runner.language.classes import Action
from runner.model.event import EventKind, RunEvent
from runner.model.plan import FailureClass, Plan, verbs_of
from runner.model.trial import Coverage, Unreached


class Reached(Struct, frozen=True, kw_only=True):
    """What a test has reached."""

    steps: frozenset[tuple[str, str]] = frozenset()
    """Verb and step."""
    classes: frozenset[str] = frozenset()
    retried: frozenset[str] = frozenset()
    given_up: frozenset[str] = frozenset()


def reached_by(events: Iterable[RunEvent]) -> Reached:
    """Return what a run has reached."""
    steps: set[tuple[str, str]] = set()
    classes: set[str] = set()
    retried: set[str] = set()
    given_up: set[str] = set()
    for event in events:
        if event.verb is not None and event.step is not None:
            steps.add((str(event.verb), event.step))
        if event.event is EventKind.ATTEMPT_FAILED and event.class_name is not None:
            classes.add(event.class_name)
            (retried if event.reason is None else given_up).add(event.class_name)
    return Reached(
        steps=frozenset(steps),
        classes=frozenset(classes),
        retried=frozenset(retried),
        given_up=frozenset(given_up),
    )


def together(reached: Iterable[Reached]) -> Reached:
    """Return what several have reached."""
    every = tuple(reached)
    return Reached(
        steps=frozenset().union(*(each.steps for each in every)),
        classes=frozenset().union(*(each.classes for each in every)),
        retried=frozenset().union(*(each.retried for each in every)),
        given_up=frozenset().union(*(each.given_up for each in every)),
    )


def coverage_of(plans: Sequence[Plan], by_registration: dict[str, Reached]) -> Coverage:
    """Return what no test of a file reaches; a recipe is several plans with the same parts."""
    nothing = Reached()
    everything = together(by_registration.values())
    steps: dict[str, bool] = {}
    classes: dict[str, FailureClass] = {}
    unreached: dict[tuple[str, str], Unreached] = {}
    for plan in plans:
        for registration in plan.registrations.values():
            reached = by_registration.get(registration.name, nothing)
            for verb in verbs_of(registration):
                for step in verb.steps:
                    name = f"{registration.name}.{verb.name}.{step.name}"
                    steps[name] = (str(verb.name), step.name) in reached.steps
                    if not steps[name]:
                        unreached["step", name] = Unreached(kind="step", name=name, span=step.span)
                    classes |= {each.name: each for each in step.declared}
    for name, each in classes.items():
        if name not in everything.classes:
            unreached["class", name] = Unreached(kind="class", name=name, span=each.span)
        elif each.action is Action.RETRY and name not in everything.retried:
            unreached["retry", name] = Unreached(kind="retry", name=name, span=each.span)
        elif each.action is Action.RETRY and name not in everything.given_up:
            unreached["give_up", name] = Unreached(kind="give_up", name=name, span=each.span)
    return Coverage(
        steps=len(steps),
        steps_reached=sum(steps.values()),
        classes=len(classes),
        classes_reached=len(classes.keys() & everything.classes),
        unreached=tuple(unreached.values()),
    )
