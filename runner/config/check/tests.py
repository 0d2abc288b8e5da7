"""What makes no sense about a file's own tests: they name steps, variables and a registration."""

from collections.abc import Callable, Iterator

from runner.config.parts_of import classes_of, unknown, verbs_of
from runner.config.read.source import Path, SourceTree
from runner.language.file import Spec, VariableType
from runner.language.registrations import RegistrationSpec
from runner.language.span import Span
from runner.language.stories import ScriptedTest
from runner.language.value import Name
from runner.model.diagnostic import Diagnostic
from runner.retry import builtin
from runner.values.request import LOGIN
from runner.values.typed import as_type


def check_tests(spec: Spec, tree: SourceTree) -> Iterator[Diagnostic]:
    """Yield what is wrong with the tests of a file."""
    first: dict[str, ScriptedTest] = {}
    for index, test in enumerate(spec.tests):
        path: Path = ("tests", index)
        if first.setdefault(test.name, test) is not test:
            line = first[test.name].span.line
            message = f'a second test "{test.name}", the first is on line {line}'
            related = ((first[test.name].span, "first here"),)
            hint = "say in each name what is special about it"
            yield Diagnostic(code="E334", span=test.span, message=message, hint=hint, related=related)
        yield from _variables(spec, test, tree, path)
        registration = _tested(spec, test)
        if registration is not None:
            yield from _steps(spec, registration, test, tree, path)
            yield from _endpoints(spec, test, tree, path)
            yield from _expected_class(spec, test, tree, path)
        elif test.registration is not None:
            name = Name(test.registration, tree.span((*path, "registration")))
            yield unknown("registration", name, spec.registrations)
        else:
            message = f'the test "{test.name}" does not say which registration it is about'
            hint = f"add registration: with one of {', '.join(spec.registrations)}"
            yield Diagnostic(code="E329", span=test.span, message=message, hint=hint)


def _tested(spec: Spec, test: ScriptedTest) -> RegistrationSpec | None:
    if test.registration is not None:
        return spec.registrations.get(test.registration)
    return next(iter(spec.registrations.values())) if len(spec.registrations) == 1 else None


def _steps(
    spec: Spec, registration: RegistrationSpec, test: ScriptedTest, tree: SourceTree, path: Path
) -> Iterator[Diagnostic]:
    steps = {step.name for verb in verbs_of(registration) for step in verb.steps}
    steps |= {LOGIN} if any(endpoint.login for endpoint in spec.endpoints.values()) else set()
    then = test.then
    named: list[tuple[str | None, Callable[[Path], Span], Path]] = [
        *((each.step, tree.span, ("given", number, "step")) for number, each in enumerate(test.given)),
        *((step, tree.key_span, ("then", "requests_by_step", step)) for step, _ in then.by_step),
        *((each.step, tree.span, ("then", "sent", number, "step")) for number, each in enumerate(then.sent)),
        *(
            (each.step, tree.span, ("then", "not_sent", number, "step"))
            for number, each in enumerate(then.not_sent)
        ),
    ]
    for step, span_of, place in named:
        if step is not None and step not in steps:
            yield unknown(f"step of {registration.name}", Name(step, span_of((*path, *place))), sorted(steps))


def _endpoints(spec: Spec, test: ScriptedTest, tree: SourceTree, path: Path) -> Iterator[Diagnostic]:
    for number, answer in enumerate(test.given):
        if answer.endpoint is not None and answer.endpoint not in spec.endpoints:
            span = tree.span((*path, "given", number, "endpoint"))
            yield unknown("endpoint", Name(answer.endpoint, span), spec.endpoints)


def _expected_class(spec: Spec, test: ScriptedTest, tree: SourceTree, path: Path) -> Iterator[Diagnostic]:
    known = dict.fromkeys((*(each.name for each in classes_of(spec)), *builtin.NAMES))
    if test.then.class_name is not None and test.then.class_name not in known:
        yield unknown("class", Name(test.then.class_name, tree.span((*path, "then", "class"))), known)


def _variables(spec: Spec, test: ScriptedTest, tree: SourceTree, path: Path) -> Iterator[Diagnostic]:
    for name, value in test.variables.items():
        place = (*path, "variables", name)
        variable = spec.variables.get(name)
        if variable is None:
            yield unknown("variable", Name(name, tree.key_span(place)), spec.variables)
            continue
        try:
            as_type(value, variable.type)
        except (ValueError, KeyError, TypeError):
            article = "an" if variable.type is VariableType.INTEGER else "a"
            message = f'"{value}" is not {article} {variable.type}, the type of {name}'
            hint = "write a value of that type"
            yield Diagnostic(code="E312", span=tree.span(place), message=message, hint=hint)
