"""The retry loop of a step, and the steps of a verb in order.

The loop fits on one screen because it only does what ``retry.decide`` says.
"""

import asyncio
import math

from msgspec.structs import replace

from runner.engine.attempt import Progress, Tried, Try, try_once
from runner.engine.context import Context, now_s
from runner.engine.deadlines import Deadlines
from runner.engine.ends import Done, Stopped, not_tried
from runner.engine.events import step_skipped
from runner.engine.live import LiveEndpoint
from runner.engine.record import Record, key_of
from runner.engine.spent import Spent
from runner.engine.turns import SentAway
from runner.language.terms import Processed, Reason, VerbName
from runner.model.bound import NO_CAPTURES, Address, Captures, Scope
from runner.model.decision import Decision, GiveUp, Retry, Succeed
from runner.model.failure import Failure, Success
from runner.model.plan import Registration, Step, Verb
from runner.model.secret import Value
from runner.retry.answer import furthest
from runner.retry.builtin import EXPIRED
from runner.retry.classify import History, captures_of, secrets_in
from runner.retry.decide import as_success
from runner.values.condition import asked_for
from runner.values.document import secrets_of

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Run:
    """What one registration has spent, captured and tried in a run; all that decides gets this state as a value."""

    def __init__(
        self,
        context: Context,
        registration: Registration,
        *,
        captures: Captures = NO_CAPTURES,
        until_s: float = math.inf,
    ) -> None:
        """Begin a run.

        Args:
            context: of the whole.
            registration: which one.
            captures: what an earlier run captured for this one.
            until_s: when all must be over, on the loop's clock, whatever the policies allow.
        """
        self.context = context
        self.registration = registration
        self.record = Record(context, registration)
        self.may_have_taken_effect = False
        """Whether a request that writes got through, or may have: after a cancellation nobody knows more."""
        self.sent_what_may_not_be_repeated = False
        """Whether such a request was not idempotent."""
        self._scope: Scope = replace(context.bound.scope, captures=captures)
        self._deadlines = Deadlines(registration, until_s)
        self._spent = Spent(context, registration, self._deadlines)
        self._last_failure: Failure | None = None
        """Of a request that was sent."""
        self._processed: dict[tuple[str, str, str], Processed] = {}
        self._renewed: set[str] = set()
        """The endpoints whose login was renewed and where nothing has succeeded since."""

    @property
    def captures(self) -> Captures:
        """What the steps have captured so far."""
        return self._scope.captures

    async def perform(
        self, verb: Verb, first: Step | None = None, until_s: float = math.inf
    ) -> Done | Stopped:
        """Run the steps of a verb in order.

        Args:
            verb: which.
            first: the step to begin with, where those before it are done.
            until_s: bounds the first request.
        """
        # Where no step that writes is asked for, it was there already.
        already = first is None and any(map(self._writes, verb.steps))
        for step in verb.steps[verb.steps.index(first) if first in verb.steps else 0 :]:
            if not asked_for(step.when, self._scope):
                self.context.tell(step_skipped(self.registration, verb, step, self.context.elapsed_s()))
                continue
            stopped, until_s = await self._until_decided(verb, step, until_s), math.inf
            if stopped is not None and not isinstance(stopped.decision, Succeed):
                return stopped
            if self._writes(step):
                already = stopped is not None and stopped.decision != Succeed(adopts=True)
        return Done(already=already)

    async def prove(self, verify: Verb) -> Done | Stopped:
        """Verify whether a request that may have been processed was, until nothing has been there for long enough."""
        self._spent.absent_since_s = math.inf
        try:
            return await self.perform(verify)
        finally:
            self._spent.absent_since_s = None

    def decide_disproved(self, end: Stopped) -> Decision:
        """Decide anew about a request that may have been processed and, as is proved by now, was not."""
        return self._spent.decide_disproved(end)

    def start_over(self) -> None:
        """Begin again with what binding gave, and with a fresh login; what was spent stays spent."""
        self._scope = self.context.bound.scope
        for endpoint in self.record.endpoints():
            self.context.endpoints[endpoint].login = None

    async def _until_decided(self, verb: Verb, step: Step, until_s: float = math.inf) -> Stopped | None:
        """Try a step until it succeeds (none) or something else than another try is decided."""
        live = self.context.endpoints[step.endpoint]
        owed_until_s = -math.inf
        addresses: tuple[Address, ...] = ()
        while True:
            if (login_failed := await self._ensure_login(verb, step, live)) is not None:
                return login_failed
            # Only now: a login that came first has found out which address works.
            addresses = addresses or live.addresses()
            tried = await self._try(verb, step, until_s, addresses[0])
            if isinstance(tried, SentAway):
                return not_tried(verb, step, tried)
            verdict = self._classify(verb, step, tried)
            if isinstance(verdict, Success):
                live.prefer(addresses[0])
                self._succeeded(verb, step, tried, verdict)
                return None
            if tried.too_late and self._last_failure is not None:
                text = f"{self._last_failure.message}; then {verdict.message}"
                verdict = replace(self._last_failure, message=text)
            # What one address of the round asked for holds for the round, or it would be asked too soon.
            owed_until_s = max(owed_until_s, now_s() + (verdict.retry_after_s or 0.0))
            owed_s = owed_until_s - now_s()
            verdict = replace(verdict, retry_after_s=owed_s if owed_s > 0 else verdict.retry_after_s)
            renews = verdict.failure_class.name == EXPIRED
            untried = 0 if renews else len(addresses) - 1
            self._last_failure = self._last_failure if tried.too_late else verdict
            decision = (
                GiveUp(Reason.DEADLINE)
                if tried.too_late
                else self._spent.decide(verb, step, verdict, untried)
            )
            self.record.end(verb, step, tried, verdict, decision)
            if not isinstance(decision, Retry):
                if isinstance(decision, Succeed):
                    self._take_as_done(step, tried, decision)
                if isinstance(decision, GiveUp) and verb.name is VerbName.REGISTER:
                    self._send_away_who_waits(live, decision)
                return Stopped(verb=verb, step=step, failure=verdict, decision=decision)
            if renews:
                self._renewed.add(step.endpoint)
                live.login = None
            until_s, addresses = decision.until_s, (addresses[1:] if untried else ())
            await asyncio.sleep(decision.delay_s)

    async def _ensure_login(self, verb: Verb, step: Step, live: LiveEndpoint) -> Stopped | None:
        """Log in where the endpoint asks for it and nobody of this run has; return why it failed, if it did."""
        login = live.bound.login
        if login is None or login is step or live.has_login():
            return None
        turn = await live.login_turn.take(
            self._deadlines.nearest_s(verb), begun=self._deadlines.have_begun(verb)
        )
        if isinstance(turn, SentAway):
            return not_tried(verb, login, turn)
        try:
            # Who has waited until the deadline goes on, and meets the deadline there.
            if live.has_login() or not turn:
                return None
            stopped = await self._until_decided(verb, login)
            if stopped is not None and not isinstance(stopped.decision, Succeed):
                if isinstance(stopped.decision, GiveUp):  # what one login gave up on need not be tried by all
                    live.login_turn.send_away(SentAway(stopped.failure, stopped.decision))
                return stopped
            live.login = self._scope.captures[login.name]
        finally:
            if turn:
                live.login_turn.give_back()
        return None

    def _send_away_who_waits(self, live: LiveEndpoint, decision: GiveUp) -> None:
        if self._last_failure is not None and self._last_failure.status is None:
            silence_s = self.registration.policy.deadline_s or math.inf
            why = SentAway(self._last_failure, decision)
            live.send_away_if_silent(why, now_s(), self._deadlines.began_s, silence_s)

    async def _try(self, verb: Verb, step: Step, until_s: float, address: Address) -> Tried | SentAway:
        def begin() -> float:
            self._deadlines.begin(verb)
            self.record.begin(verb, step)
            return min(until_s, self._deadlines.nearest_s(verb))

        began_s = now_s()
        this = Try(
            step=step,
            scope=self._scope,
            begun=self._deadlines.have_begun(verb),
            keeps=verb.name is VerbName.HEARTBEAT,
            until_s=min(until_s, self._deadlines.nearest_s(verb)),
            begin=begin,
            address=address,
            asker=(self.registration.name, verb.name),
            again=self.record.has_asked(verb, step),
            registers=verb.name is VerbName.REGISTER and self._writes(step),
        )
        progress = Progress(self._scope.itself)
        request = asyncio.create_task(try_once(self.context, this, progress))
        try:
            return await asyncio.shield(request)
        except asyncio.CancelledError:
            awaited = progress.sent and self._writes(step) and self.registration.may_be_undone
            tried = await self.context.closing.outcome_of(request) if awaited else None
            if isinstance(tried, Tried):
                self._answered_late(verb, step, tried)
            else:
                self._cut_off(verb, step, began_s, sent=progress.sent)
            raise
        finally:
            self._scope = replace(self._scope, itself=progress.itself)
            if not request.done():
                request.cancel()
                await asyncio.wait({request})
            if progress.has_place:
                self.context.endpoints[step.endpoint].places.give_back()

    def _cut_off(self, verb: Verb, step: Step, began_s: float, *, sent: bool) -> None:
        """A request was interrupted, and what the server makes of it nobody will know."""
        self._note_effect(step, possible=sent)
        if sent and self._writes(step):
            self.context.closing.cut_off.add(self.registration.name)
        self.record.interrupt(verb, step, began_s, sent=sent)

    def _answered_late(self, verb: Verb, step: Step, tried: Tried) -> None:
        """The run ends, and the answer to its last request is known: nothing follows but undoing what it did."""
        verdict = self._classify(verb, step, tried)
        if isinstance(verdict, Success):
            self._succeeded(verb, step, tried, verdict)
            return
        decision = as_success(verdict) or GiveUp(Reason.FATAL)
        self.record.end(verb, step, tried, verdict, decision)
        if isinstance(decision, Succeed):
            self._take_as_done(step, tried, decision)

    def _writes(self, step: Step) -> bool:
        """Whether a step may change what the control plane has registered."""
        login = self.context.endpoints[step.endpoint].bound.login
        return step is not login and step.request.method not in _SAFE_METHODS

    def _note_effect(self, step: Step, *, possible: bool) -> None:
        if possible and self._writes(step):
            self.may_have_taken_effect = True
            self.sent_what_may_not_be_repeated |= not step.request.idempotent

    def _classify(self, verb: Verb, step: Step, tried: Tried) -> Failure | Success:
        # Before anything of the answer is told.
        secrets = secrets_in(step, tried.exchange, self._scope)
        self.context.redactor.hold(self._holder("answer", step), secrets)
        earlier = self._processed.get(key_of(verb, step), Processed.NEVER)
        verdict = self.context.classifier.classify(
            step,
            tried.exchange,
            self._scope,
            history=History(earlier=earlier, login_is_new=step.endpoint in self._renewed),
            now=self.context.wall_now(),
            quote=self.context.redactor.quote,
        )
        processed = verdict.processed if isinstance(verdict, Failure) else Processed.STARTED
        self._processed[key_of(verb, step)] = furthest(earlier, processed)
        self._note_effect(step, possible=processed is not Processed.NEVER)
        return verdict

    def _succeeded(self, verb: Verb, step: Step, tried: Tried, success: Success) -> None:
        self._keep(step, dict(success.captures))
        if step is not self.context.endpoints[step.endpoint].bound.login:
            self._renewed.discard(step.endpoint)
        self.record.end(verb, step, tried)

    def _take_as_done(self, step: Step, tried: Tried, decision: Succeed) -> None:
        self._note_effect(step, possible=decision.adopts)
        self._keep(step, captures_of(step, tried.exchange, self._scope))

    def _keep(self, step: Step, captures: dict[str, Value]) -> None:
        """Add what a step captured; its secrets are masked from here on."""
        secrets = [secret for value in captures.values() for secret in secrets_of(value)]
        self.context.redactor.hold(self._holder("captures", step), secrets)
        self._scope = replace(self._scope, captures={**self._scope.captures, step.name: captures})
        if captures:
            self.context.sending.capture(self.registration.name, self._scope.captures)

    def _holder(self, what: str, step: Step) -> tuple[str, ...]:
        """Return under what name secrets are held, which the next ones of the same step take over."""
        login = self.context.endpoints[step.endpoint].bound.login
        return (what, step.endpoint if step is login else self.registration.name, step.name)
