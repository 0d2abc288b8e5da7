"""What a file asks of its surroundings, as a table: never a secret value."""

from collections.abc import Collection, Iterator

from runner.language.file import Variable
from runner.language.value import Reference, Source
from runner.model.plan import Plan
from runner.values.credentials import credential_references
from runner.values.walk import references_in

_HEAD = ("NAME", "FROM", "SET", "TYPE", "DEFAULT", "USED ON LINES", "")

Row = tuple[str, str, str, str, str, str, str]


def sources_of(plan: Plan) -> Iterator[tuple[Source, str]]:
    """Go through the environment variables and files that a plan names."""
    for variable in plan.variables.values():
        if variable.env is not None:
            yield Source.ENV, variable.env
        if variable.file is not None:
            yield Source.FILE, variable.file
    for reference, _ in references_in(plan):
        if reference.source in {Source.ENV, Source.FILE}:
            yield reference.source, reference.name


def render_variables(plan: Plan, present: Collection[tuple[Source, str]]) -> str:
    """Return the table: name, source, whether it is set, type, default, and where it is used.

    Args:
        plan: whose variables.
        present: which of ``sources_of(plan)`` there are in this environment.
    """
    uses: dict[Reference, set[int]] = {}
    for reference, template in references_in(plan):
        # What a recipe says stands where the file uses it.
        (place,) = template.span.used[:1] or (template.span,)
        uses.setdefault(reference, set()).add(place.line)
    in_auth = {each for endpoint in plan.endpoints.values() for each in credential_references(endpoint)}
    rows: list[Row] = [_HEAD]
    for variable in plan.variables.values():
        reference = Reference(source=Source.VAR, name=variable.name, field=variable.name)
        lines = uses.get(reference, set())
        secret = variable.secret or reference in in_auth
        rows.append(_variable(variable, lines, present, secret=secret))
    rows += [
        _placeholder(reference, lines, present, secret=reference in in_auth)
        for reference, lines in uses.items()
        if _is_outside(reference)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    cells = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(row).rstrip() for row in cells)


def _is_outside(reference: Reference) -> bool:
    return reference.source in {Source.ENV, Source.FILE}


def _variable(
    variable: Variable, lines: set[int], present: Collection[tuple[Source, str]], *, secret: bool
) -> Row:
    source = (Source.ENV, variable.env) if variable.env is not None else (Source.FILE, variable.file or "")
    outside = variable.env is not None or variable.file is not None
    default = "required"
    if variable.has_default or variable.has_value:
        default = "***" if secret else str(variable.default if variable.has_default else variable.value)
    return (
        variable.name,
        source[1] if outside else "the file",
        _set(source, present) if outside else "",
        f"{variable.type}, secret" if secret else str(variable.type),
        default,
        _lines(lines),
        variable.description or "",
    )


def _placeholder(
    reference: Reference, lines: set[int], present: Collection[tuple[Source, str]], *, secret: bool
) -> Row:
    is_file = reference.source is Source.FILE
    default = "required" if reference.default is None else "***" if secret else str(reference.default)
    return (
        str(reference),
        "a file" if is_file else "the environment",
        _set((reference.source, reference.name), present),
        "string, secret" if is_file or secret else "string",
        default,
        _lines(lines),
        reference.message or "",
    )


def _set(source: tuple[Source, str], present: Collection[tuple[Source, str]]) -> str:
    return "yes" if source in present else "no"


def _lines(lines: set[int]) -> str:
    return ", ".join(map(str, sorted(lines))) or "nowhere"
