"""An explanation as text: the class, its line, the decision, and the table of waits."""

from msgspec import Struct

from runner.language.policies import RetryPolicy
from runner.language.terms import Reason, VerbName
from runner.language.units import format_duration
from runner.model.decision import Decided, Decision, GiveUp, Retry, StartOver, Succeed
from runner.model.failure import Failure, Success
from runner.model.plan import Registration, Step, Verb
from runner.retry.builtin import BEAT_POLICY, EXPIRED
from runner.retry.cadence import after_beat
from runner.retry.decide import wait_s
from runner.retry.retry_after import asked
from runner.values.document import has_secret, to_json

_MAX_ROWS = 12
_GRID = 200
_MAX_WAITS = 1000
_GIVE_UP = {
    Reason.FATAL: "not tried again",
    Reason.ATTEMPTS: "not tried again: the attempts are used up",
    Reason.DEADLINE: "not tried again: no attempt fits before the deadline",
    Reason.RETRY_AFTER: "not tried again: the server asks for a longer wait than the policy or the deadline allows",
    Reason.VERIFY: "not tried again",
}


class Explanation(Struct, frozen=True, kw_only=True):
    """All that is said about one failure."""

    registration: Registration
    verb: Verb
    step: Step
    failure: Failure
    attempt: int
    policy: RetryPolicy
    deadline_s: float
    attempt_timeout_s: float
    decision: Decision
    has_verify: bool


def render_success(verb: Verb, step: Step, success: Success) -> str:
    """Return what a successful answer means."""
    lines = [f"a success of {_place(verb, step)}"]
    for name, value in success.captures.items():
        shown = "***" if has_secret(value) else to_json(value)
        lines.append(f"  captures {step.name}.{name} = {shown}")
    return "\n".join(lines)


def render_explanation(this: Explanation) -> str:
    """Return the explanation of a failure."""
    failure, taken = this.failure, this.failure.failure_class
    where = f"{taken.span}" if taken.span else "built in"
    words = f': "{failure.server_message}"' if failure.server_message else ""
    lines = [
        f"{this.registration.name}: {_place(this.verb, this.step)}, failure {this.attempt} of this class",
        f"  cause      {failure.message}{words}",
        f"  class      {taken.name} ({where})",
        f"  processed  {failure.processed}"
        + ("" if this.step.request.idempotent else ", and not idempotent"),
        f"  decision   {_decision(this)}",
    ]
    if failure.note:
        lines.append(f"  note       {failure.note}")
    if taken.hint:
        lines.append(f"  hint       {taken.hint}")
    if isinstance(this.decision, Retry | StartOver) and taken.name != EXPIRED and not _is_beat(this):
        lines += ["", *_table(this)]
    return "\n".join(lines)


def _place(verb: Verb, step: Step) -> str:
    return verb.name if step.name == verb.name else f"{verb.name}.{step.name}"


_AMBIGUOUS = {
    True: "it may have taken effect: verify decides, and where nothing is there it is sent again",
    False: "never sent twice, as it may have taken effect: the outcome is unknown, exit status 74",
}
_WHOSE = {
    True: ", and as ours: it is kept, and undone at the end",
    False: ", and is somebody else's: it is kept, and never undone by this run",
}


def _decision(this: Explanation) -> str:
    status = this.failure.failure_class.final_status
    if this.failure.failure_class.name == EXPIRED:
        return f"logs in once more, and sends it again; a 401 to that is denied, exit status {status}"
    if _is_beat(this) and not isinstance(this.decision, Succeed):
        return _after_beat(this, status)
    match this.decision:
        case Succeed(adopts=adopts):
            whose = _WHOSE[adopts] if this.verb.name is VerbName.REGISTER else ""
            return f"counts as a success{whose}"
        case Retry():
            return f"again; exit status {status} if it never succeeds"
        case StartOver():
            return f"the registration again from its first step; exit status {status} if it never succeeds"
        case GiveUp(ambiguous=True):
            return _AMBIGUOUS[this.has_verify]
        case GiveUp(reason=reason):
            return f"{_GIVE_UP[reason]}; exit status {status}"


def _is_beat(this: Explanation) -> bool:
    """Whether it is about a heartbeat that leaves its retries to the cadence; one that is not there would."""
    return this.verb.name is VerbName.HEARTBEAT and (
        this.verb.policy is None or this.verb.policy.name == BEAT_POLICY
    )


def _after_beat(this: Explanation, status: int) -> str:
    limit = this.registration.give_up_after
    match after_beat(this.failure, this.decision):
        case Decided.REGISTER_AGAIN:
            return (
                f"registered again; after {limit} times without a good beat it is lost, exit status {status}"
            )
        case Decided.NEXT_BEAT:
            return "the next beat is the retry; however long that lasts, it ends nothing"
        case _:
            return f"the next beat tries again; after {limit} in a row it is lost, exit status {status}"


class _Wait(Struct, frozen=True):
    """The wait after one failure, in seconds, and when the next attempt begins if answers come at once."""

    least_s: float
    mean_s: float
    most_s: float
    next_s: float


def _table(this: Explanation) -> list[str]:
    """The waits after each failure, how many attempts that makes, and the worst case."""
    policy = this.policy
    deadline_s = min(this.deadline_s, policy.deadline_s or this.deadline_s)
    waits = _waits(this, deadline_s)
    rows = [("failure", "least", "mean", "most", "next attempt at")]
    for number, wait in enumerate(waits[:_MAX_ROWS], start=1):
        least, mean, most, following = map(
            format_duration, (wait.least_s, wait.mean_s, wait.most_s, wait.next_s)
        )
        rows.append((str(number), least, mean, most, following))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    if len(waits) > _MAX_ROWS:
        table.append(f"... and {len(waits) - _MAX_ROWS} more")
    attempts = "unlimited attempts" if policy.attempts is None else f"at most {policy.attempts} attempts"
    timeout = format_duration(this.attempt_timeout_s)
    slowest_s = (len(waits) + 1) * this.attempt_timeout_s + sum(wait.most_s for wait in waits)
    return [
        f"  policy {policy.name}: {attempts} within {format_duration(deadline_s)}",
        *(f"    {row}" for row in table),
        f"  about {len(waits) + 1} attempts where answers come at once (means)",
        f"  worst case {format_duration(min(deadline_s, slowest_s))}, where each attempt takes {timeout}",
    ]


def _waits(this: Explanation, deadline_s: float) -> list[_Wait]:
    asked_s = asked(this.policy, this.failure.retry_after_s).wait_s
    waits: list[_Wait] = []
    now_s = 0.0
    while this.policy.attempts is None or len(waits) + 1 < this.policy.attempts:
        draws = _draws(this.policy, len(waits) + 1, asked_s)
        mean_s = sum(draws) / len(draws)
        now_s += mean_s
        if now_s >= deadline_s or len(waits) == _MAX_WAITS:
            break
        waits.append(_Wait(min(draws), mean_s, max(draws), now_s))
    return waits


def _draws(policy: RetryPolicy, failures: int, asked_s: float) -> list[float]:
    """The wait for evenly spread chances, the least first: enough for a mean."""

    def wait(chance: float) -> float:
        return wait_s(policy, failures, asked_s, lambda: chance)

    return [wait(step / _GRID) for step in range(_GRID + 1)]
