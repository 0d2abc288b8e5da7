"""Rendering ahead of the run what can be: a value that can never be sent should cost no request.

What needs a capture is known only during the run; all the rest either works with these values or never will.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from runner.model.bound import Scope
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Step
from runner.model.value import Source
from runner.values.condition import render_name
from runner.values.document import render_document
from runner.values.request import render_path
from runner.values.template import RenderError
from runner.values.walk import references_in, templates_in

_DURING_THE_RUN = {Source.CAPTURE, Source.ITEM, Source.EACH}


def unsendable(steps: Iterable[Step], scope: Scope) -> Iterator[Diagnostic]:
    """Yield the parts of requests and expectations that these values make impossible."""
    for step in steps:
        for part, render in _parts(step, scope):
            if any(reference.source in _DURING_THE_RUN for reference, _ in references_in(part)):
                continue
            try:
                render()
            except RenderError as error:
                span = next((template.span for template in templates_in(part)), step.span)
                message = f"with these values it cannot be sent: {error}"
                yield Diagnostic(code="E409", span=span, message=message)


def _parts(step: Step, scope: Scope) -> Iterator[tuple[object, Callable[[], object]]]:
    request = step.request
    yield request.path, partial(render_path, request.path, scope)
    yield request.query, partial(render_document, request.query, scope)
    yield request.body, partial(render_document, request.body, scope)
    for named in (*step.expect.body, *step.expect.headers):
        yield named.name, partial(render_name, named.name, scope)
