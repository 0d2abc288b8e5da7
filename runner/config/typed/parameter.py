"""A parameter of a recipe: what stands in for a value, and what bounds it, must be of the parameter's own type.

The schema cannot say so, as the type stands beside them.
"""

from msgspec import UNSET

from runner.config.shape.conformance import conforms
from runner.config.typed.cursor import Cursor
from runner.config.typed.declared import read_part
from runner.language.parameters import Parameter, ParameterType, schema_of
from runner.language.value import Json


def read_parameter(at: Cursor) -> Parameter:
    """Read a parameter; one that contradicts itself is reported."""
    said = read_part(at, Parameter, name=at.key)
    schema = schema_of(
        "value", Parameter(name=said.name, type=said.type, description="", choices=said.choices)
    )
    for key, value in (("default", said.default), ("example", said.example)):
        if value is not UNSET and value is not None:
            below = at.child(key)
            if not conforms(value, schema):
                among = f", or none of {', '.join(said.choices)}" if said.choices else ""
                below.report("E201", f"the {key} of {said.name} is not of the type {said.type}{among}")
            elif said.type is ParameterType.DURATION:
                _check_duration(below)
    for key, bound in (("min", said.min), ("max", said.max)):
        if bound is not None:
            _check_bound(at.child(key), said, bound)
    return said


def _check_bound(at: Cursor, said: Parameter, bound: Json) -> None:
    is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
    if said.type is ParameterType.BOOLEAN:
        at.report("E201", f"{said.name} is of the type boolean, which has no {at.key}", "leave it out")
    elif said.type is not ParameterType.DURATION and not is_number:
        at.report("E201", f"the {at.key} of {said.name} must be a number")
    elif said.type is ParameterType.DURATION and not isinstance(bound, str):
        at.report("E201", f"the {at.key} of {said.name} must be a duration", f"write {bound}s")
    elif said.type is ParameterType.DURATION:
        _check_duration(at)


def _check_duration(at: Cursor) -> None:
    if "${" not in str(at.data):
        at.as_duration_s(0.0)
