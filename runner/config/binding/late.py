"""The values that variables give in place of durations and numbers: known before anything else is bound."""

from collections.abc import Mapping

from runner.config.binding.binder import Binder
from runner.config.binding.unbound import Unbound
from runner.language.value import Json
from runner.model.diagnostic import Diagnostic
from runner.model.plan import Plan
from runner.model.secret import Secret, reveal
from runner.ports import Files


def settle(
    plan: Plan,
    environment: Mapping[str, str],
    files: Files,
    overrides: Mapping[str, Json] | None = None,
) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """Return a plan in which nothing is left for variables to give; the same plan where they give nothing.

    Args:
        plan: of a file.
        environment: the environment variables.
        files: reads what ``file`` names.
        overrides: values of variables that replace their source, as a file's own tests give them.

    Returns:
        The plan, or what is missing, of another type or out of bounds.
    """
    if plan.with_values is None:
        return plan, ()
    binder = Binder(plan, environment, files, overrides or {})
    values: dict[str, Json] = {}
    found: list[Diagnostic] = []
    for name in dict.fromkeys(each.name for each in plan.late):
        variable = plan.variables[name]
        try:
            value = binder.variable(variable)
        except Unbound as error:
            message, hint = str(error), variable.description
            found.append(Diagnostic(code="E405", span=variable.span, message=message, hint=hint))
        else:
            assert isinstance(value, Secret | str | int | float)  # by its type, which was checked
            values[name] = reveal(value) if isinstance(value, Secret) else value
    return (None, tuple(found)) if found else plan.with_values(values)
