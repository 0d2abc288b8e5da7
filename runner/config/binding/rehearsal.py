"""Rendering ahead of the run what can be: a value that can never be sent should cost no request.

What needs a capture is known only during the run; all the rest either works with these values or never will.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from runner.language.classes import ClassSpec
from runner.language.requests import StepSpec
from runner.language.span import Span
from runner.language.value import Reference, Source, Template
from runner.model.bound import Scope
from runner.model.diagnostic import Diagnostic
from runner.model.plan import FailureClass, Step
from runner.values.condition import render_name
from runner.values.document import render_document
from runner.values.request import render_header, render_path
from runner.values.template import RenderError
from runner.values.walk import is_own_ip, references_in, templates_in

_DURING_THE_RUN = {Source.CAPTURE, Source.ITEM, Source.EACH}


def _is_bound(reference: Reference) -> bool:
    return reference.source not in _DURING_THE_RUN and not is_own_ip(reference)


def impossible(steps: Sequence[Step], scope: Scope) -> Iterator[Diagnostic]:
    """Yield what these values make impossible in steps, and in what their failure classes ask of answers."""
    yield from unsendable(steps, scope)
    yield from unaskable({id(each): each for step in steps for each in step.declared}.values(), scope)


def unsendable(
    steps: Iterable[Step | StepSpec],
    scope: Scope,
    is_known: Callable[[Reference], bool] = _is_bound,
) -> Iterator[Diagnostic]:
    """Yield the parts of requests and expectations that these values make impossible.

    Args:
        steps: whose parts.
        scope: the values.
        is_known: whether a placeholder has its value yet; a part with others waits for them.
    """
    for step in steps:
        for part, render in _parts(step, scope):
            yield from _refused("it cannot be sent", part, render, is_known, step.span)


def unaskable(
    classes: Iterable[FailureClass | ClassSpec],
    scope: Scope,
    is_known: Callable[[Reference], bool] = _is_bound,
) -> Iterator[Diagnostic]:
    """Yield what failure classes ask of an answer and with these values cannot: a quote would leave its quotes."""
    for each in classes:
        named = (named for match in each.match or () for named in (*match.body, *match.headers))
        for asked in (*(one.name for one in named), each.message):
            if isinstance(asked, Template) and each.span is not None:
                render = partial(render_name, asked, scope)
                yield from _refused("it cannot be asked for", asked, render, is_known, each.span)


def _refused(
    why: str, part: object, render: Callable[[], object], is_known: Callable[[Reference], bool], at: Span
) -> Iterator[Diagnostic]:
    if not all(is_known(reference) for reference, _ in references_in(part)):
        return
    try:
        render()
    except RenderError as error:
        span = next((template.span for template in templates_in(part)), at)
        yield Diagnostic(code="E409", span=span, message=f"{why}: {error}")


def _parts(step: Step | StepSpec, scope: Scope) -> Iterator[tuple[object, Callable[[], object]]]:
    request = step.request
    yield request.path, partial(render_path, request.path, scope)
    yield request.query, partial(render_document, request.query, scope)
    yield request.body, partial(render_document, request.body, scope)
    for name, written in request.headers:
        yield written, partial(render_header, name, written, scope)
    for named in (*step.expect.body, *step.expect.headers):
        yield named.name, partial(render_name, named.name, scope)
    for capture in step.captures:
        if isinstance(capture.body, Template):
            yield capture.body, partial(render_name, capture.body, scope)
