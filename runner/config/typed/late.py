"""Reading a value that a variable gives: what the file itself says of the variable serves until the file is bound.

Then the file is read once more with the variable's value, so that whatever holds for a value that stands in the file
holds for this one, too.
"""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from runner.config.typed.cursor import Cursor
from runner.config.words import only_a_variable
from runner.language.file import Variable
from runner.language.key import DeclaredKey
from runner.language.late import Late, variable_in
from runner.language.value import Json
from runner.values.typed import as_type

_PATIENT_S = 60.0
"""What stands in for a duration of which the file says nothing: long enough for most that is compared with it."""


def read_late(at: Cursor, declared: DeclaredKey, read: Callable[[Cursor, DeclaredKey], Any]) -> Any:
    """Return the value of the variable that stands here, or what stands in for it.

    Args:
        at: the place, with a placeholder.
        declared: the key.
        read: reads the key's value where it stands in the file.
    """
    wanted = declared.key.kind.late[0]
    name = variable_in(at.data)
    if name is None:
        at.report("E404", *only_a_variable(declared.name, wanted))
        return _stand_in(declared)
    variable = at.late.variables.get(name)
    literal = UNSET if variable is None else _literal(variable)
    key = ".".join(map(str, at.path))
    at.late.found.append(Late(key, at.template(), name, literal is not UNSET))
    if variable is None:  # which is a finding about all placeholders
        return _stand_in(declared)
    if variable.type not in declared.key.kind.late:
        hint = f"give {name} type: {wanted}"
        article = "an" if wanted == "integer" else "a"
        at.report("E404", f"{declared.name} takes {article} {wanted}, and {name} is a {variable.type}", hint)
        return _stand_in(declared)
    if at.late.values is not None:
        return _checked(at, declared, read, at.late.values[name])
    try:
        return (
            _stand_in(declared)
            if literal is UNSET
            else _checked(at, declared, read, as_type(literal, variable.type))
        )
    except (ValueError, KeyError, TypeError):  # which is a finding about the variable
        return _stand_in(declared)


def _literal(variable: Variable) -> Any:
    return variable.default if variable.value is UNSET else variable.value


def _stand_in(declared: DeclaredKey) -> Any:
    if not declared.required:
        return declared.default
    return _PATIENT_S if declared.key.kind.unit == "_s" else declared.key.kind.schema.get("minimum", 1)


def _checked(
    at: Cursor, declared: DeclaredKey, read: Callable[[Cursor, DeclaredKey], Any], value: Json
) -> Any:
    """Read a variable's value as if it stood here."""
    kind = declared.key.kind
    written = f"{round(float(str(value)) * 1000)}ms" if kind.unit == "_s" else value
    for keyword, word in (("minimum", "least"), ("maximum", "most")):
        bound = kind.schema.get(keyword)
        if bound is not None and (value < bound if keyword == "minimum" else value > bound):
            at.report("E207", f"{at.data} is {value}, and {declared.name} is at {word} {bound}")
            return _stand_in(declared)
    return read(Cursor(at.tree, at.path, written, at.findings, at.late), declared)
