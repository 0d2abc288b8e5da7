"""What makes no sense about failure classes, whatever the server answers."""

from collections.abc import Iterator

from runner.config.parts_of import class_lists, classes_of
from runner.config.words import did_you_mean
from runner.language.classes import Action, ClassSpec
from runner.language.file import Spec
from runner.language.terms import VerbName
from runner.model.diagnostic import Diagnostic
from runner.retry import builtin


def check_classes(spec: Spec) -> Iterator[Diagnostic]:
    """Yield what is wrong with the failure classes of a file."""
    for failure_class in classes_of(spec):
        yield from _parts(failure_class)
        yield from _idle_policy(failure_class)
    for classes in class_lists(spec):
        yield from _twice(classes)


def _parts(failure_class: ClassSpec) -> Iterator[Diagnostic]:
    """A class needs a match and an action, unless it retunes a built-in one."""
    name = failure_class.name
    if failure_class.match is None and name not in builtin.NAMES:
        hint = did_you_mean(name, builtin.NAMES) or "add match:, as only the built-in classes go without"
        message = f'the class "{name}" has no match'
        yield Diagnostic(code="E326", span=failure_class.span, message=message, hint=hint)
    if failure_class.match is not None and failure_class.action is None:
        message = f'the class "{name}" has no action'
        hint = "add action: retry, start_over, fail, succeed or adopt"
        yield Diagnostic(code="E327", span=failure_class.span, message=message, hint=hint)


def _idle_policy(failure_class: ClassSpec) -> Iterator[Diagnostic]:
    """A policy says how something is repeated; a class that ends the matter repeats nothing."""
    if failure_class.policy is None or _may_retry(failure_class):
        return
    succeeds = failure_class.action is not None and failure_class.action.counts_as_success
    how = "is a success" if succeeds else "fails at once"
    message = f'the policy has no effect: the class "{failure_class.name}" {how}'
    hint = "leave policy out, or let the action be retry or start_over"
    yield Diagnostic(code="E332", span=failure_class.policy.span, message=message, hint=hint)


def _may_retry(failure_class: ClassSpec) -> bool:
    if failure_class.action is not None:
        return failure_class.action in {Action.RETRY, Action.START_OVER}
    built_in = (each for verb in VerbName for each in builtin.built_in_classes(verb, has_login=True))
    return any(each.retries for each in built_in if each.name == failure_class.name) or (
        failure_class.name not in builtin.NAMES
    )


def _twice(classes: tuple[ClassSpec, ...]) -> Iterator[Diagnostic]:
    """Two classes of one name in one list cannot be told apart, neither in reports nor by their counters."""
    seen: dict[str, ClassSpec] = {}
    for failure_class in classes:
        first = seen.setdefault(failure_class.name, failure_class)
        if first is failure_class:
            continue
        message = (
            f'a second class "{failure_class.name}" in this list, the first is on line {first.span.line}'
        )
        yield Diagnostic(
            code="E333",
            span=failure_class.span,
            message=message,
            hint="one class can have several matches: match: [{...}, {...}]",
            related=((first.span, "first here"),),
        )
