"""A variable's value as its type, or why it has none that can be used."""

from runner.language.file import Variable, VariableType
from runner.language.units import UnitError
from runner.language.value import Json
from runner.values.typed import as_type


class Unbound(ValueError):
    """A variable or file that has no usable value."""


def typed(raw: Json, variable: Variable, *, secret: bool) -> Json:
    """Read a value as its variable's type."""
    try:
        return as_type(raw, variable.type)
    except ValueError as error:
        said = "its value" if secret else f'"{str(raw)[:40]}"'
        source = variable.env or variable.file or "the file"
        article = "an" if variable.type is VariableType.INTEGER else "a"
        hint = f" ({error.hint})" if isinstance(error, UnitError) and error.hint and not secret else ""
        message = f"{source}: {said} is not {article} {variable.type}{hint} (variable {variable.name})"
        raise Unbound(message) from error
