"""Warnings about failure classes: what an earlier class takes away, and what takes too much.

Classes are asked from the innermost list to the outermost, and the first match wins. Lists are compared in
pairs, each pair once, so that a long file with one list for all of it costs no more than a short one.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from typing import TypeAlias, TypeVar

from runner.config.lint.warning import warning
from runner.config.parts_of import class_lists, classes_of, endpoint_of, steps_of
from runner.config.read.source import SourceTree
from runner.language.classes import Action, ClassSpec, Match
from runner.language.file import Spec
from runner.language.registrations import RegistrationSpec, VerbSpec
from runner.language.requests import ALL_2XX, StepSpec
from runner.language.terms import Processed
from runner.language.units import parse_status_set
from runner.language.value import Operator
from runner.model.diagnostic import Diagnostic

Classes: TypeAlias = tuple[ClassSpec, ...]
T = TypeVar("T")

_SUCCESSES = parse_status_set(["2xx"], []).mask
_NEVER_PROCESSED = parse_status_set(["3xx", "4xx", 503], []).mask
"""Answers that can say that nothing was done; 503 with Retry-After does."""


def _chains(spec: Spec) -> Iterator[tuple[StepSpec, tuple[Classes, ...]]]:
    """Go through the steps with the lists that their answers are matched with, innermost first."""
    for registration, verb, step in steps_of(spec):
        yield step, _chain(spec, registration, verb, step)


def _chain(spec: Spec, registration: RegistrationSpec, verb: VerbSpec, step: StepSpec) -> tuple[Classes, ...]:
    endpoint = spec.endpoints[endpoint_of(spec, registration, verb, step)]
    lists = (step.classes, verb.classes, registration.classes, endpoint.classes, spec.classes)
    return tuple(each for each in lists if each)


_MAX_COMPARISONS = 20_000
"""Of two classes, in one file: who has so many of them that more are needed has a generated file."""


class _Comparisons:
    """How many are left; classes that are not compared any more are as if they had nothing in common."""

    def __init__(self) -> None:
        self._left = _MAX_COMPARISONS

    def affordable(self, classes: Sequence[T], before: int | None = None) -> Sequence[T]:
        """Return those of the classes before a place that can still be compared with one."""
        chosen = classes[: min(self._left, len(classes) if before is None else before)]
        self._left -= len(chosen)
        return chosen


def unreachable_classes(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """A class is never reached where an earlier one takes all that it would take."""
    hidden: dict[int, ClassSpec] = {}
    comparisons = _Comparisons()
    for classes in class_lists(spec):
        hidden |= _hidden_within(classes, comparisons)
    within_chains = _hidden_in_every_chain(spec, comparisons)
    for failure_class in classes_of(spec):
        earlier = hidden.get(id(failure_class)) or within_chains.get(id(failure_class))
        if earlier is not None:
            message = (
                f'the class "{failure_class.name}" is never reached: "{earlier.name}" takes all of it before'
            )
            hint = "put the narrower class first, or remove this one"
            related = ((earlier.span, "asked before"),)
            yield warning("W505", failure_class.span, message, hint, related=related)


def _hidden_within(classes: Classes, comparisons: _Comparisons) -> dict[int, ClassSpec]:
    """The classes of a list that earlier ones of it cover, and one that does."""
    found = {}
    for index, failure_class in enumerate(classes):
        earlier = _covering(failure_class, comparisons.affordable(classes, index))
        if earlier is not None:
            found[id(failure_class)] = earlier
    return found


def _hidden_in_every_chain(spec: Spec, comparisons: _Comparisons) -> dict[int, ClassSpec]:
    """The classes that are covered by inner lists, in whichever step they are asked."""
    pairs: dict[tuple[int, int], dict[int, ClassSpec]] = {}
    found: dict[int, dict[int, ClassSpec]] = {}
    for _, chain in _chains(spec):
        for index, outer in enumerate(chain):
            hidden: dict[int, ClassSpec] = {}
            for inner in chain[:index]:
                key = (id(inner), id(outer))
                if key not in pairs:
                    pairs[key] = {
                        id(each): by
                        for each in outer
                        if (by := _covering(each, comparisons.affordable(inner)))
                    }
                hidden |= pairs[key]
            before = found.get(id(outer))
            found[id(outer)] = hidden if before is None else {k: v for k, v in before.items() if k in hidden}
    return {key: by for hidden in found.values() for key, by in hidden.items()}


def _covering(failure_class: ClassSpec, earlier: Sequence[ClassSpec]) -> ClassSpec | None:
    """Return one of the earlier classes if together they take all that this one would."""
    by = None
    for match in failure_class.match or ():
        by = next((each for each in earlier if any(_covers(one, match) for one in each.match or ())), None)
        if by is None:
            return None
    return by


def _covers(one: Match, other: Match) -> bool:
    """Whether whatever meets the other match meets this one; what is not known to be so is not."""
    return (
        (one.status is None or (other.status is not None and not other.status.mask & ~one.status.mask))
        and (one.kinds is None or (other.kinds is not None and other.kinds <= one.kinds))
        and (one.processed is None or (other.processed is not None and other.processed <= one.processed))
        and (one.text is None or one.text == other.text)
        and _conditions(one) <= _conditions(other)
        # A condition on an answer is not met where there is none.
        and not (one.status is None and (one.body or one.headers or one.text) and other.kinds)
    )


def _conditions(match: Match) -> set[str]:
    """The conditions of a match in a form that can be compared; where they stand does not matter."""
    return {
        f"{kind} {named.name} {named.condition.operator} {_operand(named.condition.operand)}"
        for kind, named_ones in (("body", match.body), ("header", match.headers))
        for named in named_ones
    }


def _operand(operand: object) -> str:
    return f"{type(operand).__name__} {operand}"


def overlapping_sets(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """Two sets that share some codes, each with codes of its own: which one takes them is easily overlooked."""
    comparisons = _Comparisons()
    for classes in class_lists(spec):
        plain = [(each, match) for each in classes for match in each.match or () if _only_status(match)]
        for index, (later, match) in enumerate(plain):
            for earlier, before in comparisons.affordable(plain, index):
                finding = _overlap(earlier, before, later, match)
                if finding is not None:
                    yield finding


def _only_status(match: Match) -> bool:
    rest = match.kinds or match.body or match.headers or match.text or match.processed
    return match.status is not None and not rest


def _overlap(earlier: ClassSpec, before: Match, later: ClassSpec, match: Match) -> Diagnostic | None:
    one = before.status.mask if before.status else 0
    other = match.status.mask if match.status else 0
    if earlier is later or not one & other or not other & ~one or not one & ~other:
        return None
    shared = list(islice(_codes(one & other), 4))
    codes = ", ".join(map(str, shared[:3])) + (", ..." if len(shared) > 3 else "")
    message = f'{codes} of the class "{later.name}" go to "{earlier.name}", which is asked before'
    hint = "say except: in one of them, so that each code belongs to one class"
    return warning("W506", later.span, message, hint, related=((earlier.span, "asked before"),))


def _codes(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


def swallowed_successes(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """Classes are asked before expect, about any status: one that does not say which takes successes as well."""
    for failure_class in classes_of(spec):
        if failure_class.action is not None and failure_class.action.counts_as_success:
            continue
        for match in failure_class.match or ():
            if _takes_success(match):
                message = f'the class "{failure_class.name}" takes good answers, too: it names no status that is an error'
                hint = "add status: [4xx, 5xx], or errors:"
                yield warning("W507", failure_class.span, message, hint)


def good_answers_taken(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """Classes are asked before expect: one that names an answer which expect calls good never lets it through."""
    seen: set[tuple[int, str]] = set()
    for step, chain in _chains(spec):
        expected = step.expect.status
        # Where nothing is said, a class may well single out another success than 200.
        good = 1 << 200 if expected == ALL_2XX else expected.mask
        for classes in chain:
            if (key := (id(classes), str(expected))) in seen:
                continue
            seen.add(key)
            for failure_class in classes:
                taken = next(_codes(good & _taken_by_status(failure_class)), None)
                if taken is not None:
                    message = f'the class "{failure_class.name}" takes {taken}, which expect calls good'
                    hint = "take it out with except:, or say in expect which answers are good"
                    yield warning("W507", failure_class.span, message, hint, related=((step.span, "here"),))


def _taken_by_status(failure_class: ClassSpec) -> int:
    """The answers that are no success because of their status alone; who takes all 2xx is told so elsewhere."""
    if failure_class.action is None or failure_class.action.counts_as_success:
        return 0
    masks = (match.status.mask for match in failure_class.match or () if match.status and _only_status(match))
    return reduce(or_, (mask for mask in masks if mask & _SUCCESSES != _SUCCESSES), 0)


def _takes_success(match: Match) -> bool:
    if match.kinds is not None or match.body:
        return False
    if match.status is not None:
        # One success among others is meant; all of them are the rest of a catch-all.
        return not _SUCCESSES & ~match.status.mask and not (match.headers or match.text)
    return (
        match.processed is None or Processed.STARTED in match.processed or bool(match.text or match.headers)
    )


def conditions_that_anything_meets(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """What is not there is not there in any other answer either, and so the class takes that one, too."""
    for failure_class in classes_of(spec):
        for match in failure_class.match or ():
            if match.status is not None or match.kinds is not None or not (match.body or match.headers):
                continue
            conditions = [named.condition for named in (*match.body, *match.headers)]
            if all(_is_absence(each.operator, each.operand) for each in conditions):
                message = f'any answer without that key is of the class "{failure_class.name}"'
                hint = "add status:, so that the answers that are meant are named"
                yield warning("W508", failure_class.span, message, hint)


def _is_absence(operator: Operator, operand: object) -> bool:
    if operator is Operator.EXISTS:
        return operand is False
    return (operator is Operator.EMPTY and operand is True) or (
        operator is Operator.EQUALS and operand is None
    )


def futile_retries(spec: Spec, _: SourceTree) -> Iterator[Diagnostic]:
    """A request that may have been processed is not repeated unless it is idempotent, whatever a class says."""
    reach: dict[int, list[StepSpec]] = {}
    for step, chain in _chains(spec):
        for classes in chain:
            reach.setdefault(id(classes), []).append(step)
    for classes in {id(each): each for each in class_lists(spec)}.values():
        steps = reach.get(id(classes), [])
        if not steps or any(step.request.idempotent for step in steps):
            continue
        for failure_class in classes:
            if _retries_in_vain(failure_class):
                message = f'the class "{failure_class.name}" retries, and {steps[0].request.method} may not be sent twice'
                hint = (
                    "write idempotent: true in the request if repeating it is harmless; else verify decides"
                )
                yield warning("W511", failure_class.span, message, hint)


def _retries_in_vain(failure_class: ClassSpec) -> bool:
    if failure_class.action not in {Action.RETRY, Action.START_OVER} or not failure_class.match:
        return False
    return not any(_may_be_unprocessed(match) for match in failure_class.match)


def _may_be_unprocessed(match: Match) -> bool:
    """Whether the match takes failures after which surely nothing was done."""
    if match.processed is not None:
        return Processed.NEVER in match.processed
    if match.status is not None:
        return bool(match.status.mask & _NEVER_PROCESSED)
    if match.kinds is not None:
        return any(kind.usual_processed is Processed.NEVER for kind in match.kinds)
    return True


RULES = (
    unreachable_classes,
    overlapping_sets,
    swallowed_successes,
    good_answers_taken,
    conditions_that_anything_meets,
    futile_retries,
)
