"""What an environment gives of a plan's values where not all of it is there: enough to explain, not to run."""

from collections.abc import Mapping
from contextlib import suppress

from runner.config.binding.binder import Binder
from runner.config.binding.unbound import Unbound
from runner.model.bound import Scope
from runner.model.plan import Plan
from runner.model.secret import Secret, Value
from runner.ports import Files
from runner.values.document import secrets_of


def known_scope(plan: Plan, environment: Mapping[str, str], files: Files) -> tuple[Scope, tuple[Secret, ...]]:
    """Return what an environment gives of a plan's values, and the secrets among them; the rest is left out."""
    binder = Binder(plan, environment, files, {})
    known: dict[str, Value] = {}
    for variable in plan.variables.values():
        with suppress(Unbound):
            known[variable.name] = binder.variable(variable)
    scope = Scope(variables=known, environment=environment, files={}, captures={})
    return scope, tuple(secret for value in known.values() for secret in secrets_of(value))
