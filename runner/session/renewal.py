"""The values of now, for what is kept and for what is undone: credentials change in the months of a run.

Each registration is bound by itself, when its turn has come: thousands at once would hold up the loop for seconds.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from runner.engine import events
from runner.engine.context import Context
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.event import Level
from runner.model.note import ValuesAreStale
from runner.model.plan import Registration, Step
from runner.session.surroundings import Rebind

_UNDONE_VERBS = (VerbName.DEREGISTER,)
_KEPT_VERBS = (VerbName.REGISTER, VerbName.VERIFY, VerbName.HEARTBEAT)


class Renewal:
    """Gives contexts with fresh values, or with the last good ones where binding again fails."""

    def __init__(self, bound: BoundPlan, rebind: Rebind) -> None:
        self._bound = bound
        self._rebind = rebind
        self._latest: dict[str, BoundPlan] = {}
        """The last good values, by registration."""
        self._stale: set[str] = set()
        """The registrations whose values could not be read again when they were last needed."""

    def __call__(self, context: Context, registration: str) -> Context:
        """Return the context with the values of now for a registration; where that fails, the last ones."""
        fresh = self._rebind(_KEPT_VERBS, registration)
        before = self._latest.get(registration)
        if fresh is not None and fresh is not before:
            context.redactor.hold(("bound again", registration), fresh.secrets)
            self._latest[registration] = before = fresh
        if fresh is None and not self._stale:
            context.tell(events.note(ValuesAreStale(), context.elapsed_s(), level=Level.WARNING))
        (self._stale.add if fresh is None else self._stale.discard)(registration)
        return replace(context, bound=_as_part_of(self._bound, before or self._bound))


class Undoing:
    """Gives contexts with the values of now to deregister with, or with the last ones where those cannot be had."""

    def __init__(
        self, bound: BoundPlan, rebind: Rebind, registrations: Iterable[Registration], last: BoundPlan | None
    ) -> None:
        """Bind what the endpoints need.

        Args:
            bound: the plan as it was bound at first.
            rebind: binds a registration again.
            registrations: what is undone.
            last: what serves where binding again fails, if anything does.
        """
        self._whole = bound
        self._rebind = rebind
        self._last = last
        self.bound = self._with_endpoints_of(registrations)
        """The plan with all endpoints that are needed; none where it needs values that are not there."""

    def _with_endpoints_of(self, registrations: Iterable[Registration]) -> BoundPlan | None:
        # One for each set of endpoints: thousands of registrations mostly have the same.
        first = {frozenset(step.endpoint for step in _steps(each)): each.name for each in registrations}
        found = [self._rebind(_UNDONE_VERBS, name) for name in first.values()]
        bound = [each for each in found if each is not None]
        if not found or len(bound) < len(found):
            return self._last
        endpoints = {name: endpoint for each in bound for name, endpoint in each.endpoints.items()}
        secrets = tuple(secret for each in bound for secret in each.secrets)
        return replace(_as_part_of(self._whole, bound[0]), endpoints=endpoints, secrets=secrets)

    def __call__(self, context: Context, registration: str) -> Context:
        """Return the context with the values of now for a registration."""
        fresh = self._rebind(_UNDONE_VERBS, registration) or self._last
        if fresh is None:
            return context
        context.redactor.hold(("bound to undo", registration), fresh.secrets)
        return replace(context, bound=_as_part_of(self._whole, fresh))


def _steps(registration: Registration) -> tuple[Step, ...]:
    return () if registration.deregister is None else registration.deregister.steps


def _as_part_of(whole: BoundPlan, part: BoundPlan) -> BoundPlan:
    return replace(part, plan=whole.plan, registrations=whole.registrations)
