"""The values of now, for what is kept: credentials change in the months of a run."""

from msgspec.structs import replace

from runner.engine import story
from runner.engine.context import Context
from runner.language.terms import VerbName
from runner.model.bound import BoundPlan
from runner.model.event import Level
from runner.session.surroundings import Rebind

_KEPT_VERBS = (VerbName.REGISTER, VerbName.VERIFY, VerbName.HEARTBEAT)


class Renewal:
    """Gives contexts with fresh values, or with the last good ones where binding again fails."""

    def __init__(self, bound: BoundPlan, rebind: Rebind) -> None:
        self._bound = bound
        self._rebind = rebind
        self._latest: dict[str | None, BoundPlan] = {}
        """The last good values, by registration; none is for all of them together."""
        self._stale: set[str | None] = set()
        """The registrations whose values could not be read again when they were last needed."""

    def __call__(self, context: Context, registration: str | None) -> Context:
        """Return the context with the values of now for a registration, or for all; where that fails, the last ones."""
        fresh = self._rebind(_KEPT_VERBS, registration)
        before = self._latest.get(registration)
        if fresh is not None and fresh is not before:
            context.redactor.hold(("bound again", registration), fresh.secrets)
            self._latest[registration] = before = fresh
        if fresh is None and not self._stale:
            text = "the file's values cannot be read again; the last ones are used until they can"
            context.tell(story.note(text, context.elapsed_s(), level=Level.WARNING))
        (self._stale.add if fresh is None else self._stale.discard)(registration)
        whole = self._bound
        return replace(
            context, bound=replace(before or whole, plan=whole.plan, registrations=whole.registrations)
        )
