"""Everything secret that the values of a plan bring: what was said to be, and what credentials are put together from."""

from collections.abc import Iterator

from runner.config.binding.credentials import credentials_in
from runner.language.value import Reference, Source
from runner.model.bound import Scope
from runner.model.plan import Plan, verbs_of
from runner.model.secret import Secret, Value
from runner.values.credentials import credential_references
from runner.values.document import secrets_of
from runner.values.template import RenderError, resolve
from runner.values.walk import references_in

_PROXY_VARIABLES = {"http_proxy", "https_proxy", "all_proxy"}


def credential_variables(plan: Plan) -> frozenset[str]:
    """Return the names of the variables that are secret by where they are used."""
    return frozenset(each.name for each in _credentials(plan) if each.source is Source.VAR)


def known_secrets(plan: Plan, scope: Scope) -> Iterator[Secret]:
    """Yield all secrets among values; of credentials that are put together, each part, and proxies with a password."""
    yield from secrets_of([*scope.variables.values(), *scope.files.values()])
    for reference in _credentials(plan):
        part = _value(reference, scope)
        if isinstance(part, str):
            yield Secret(part)
    for name, value in scope.environment.items():
        if name.lower() in _PROXY_VARIABLES and "@" in value:
            yield Secret(value)


def _credentials(plan: Plan) -> Iterator[Reference]:
    for endpoint in plan.endpoints.values():
        yield from credential_references(endpoint)
    registered = (
        step for each in plan.registrations.values() for verb in verbs_of(each) for step in verb.steps
    )
    parts = tuple(credentials_in(plan.endpoints.values(), (*plan.logins.values(), *registered)))
    yield from (reference for reference, _ in references_in(parts))


def _value(reference: Reference, scope: Scope) -> Value:
    if reference.source not in {Source.VAR, Source.ENV}:
        return None
    try:
        return resolve(reference, scope)
    except RenderError:
        return None
