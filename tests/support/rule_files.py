"""The smallest files that show a rule, and short words for how a run ended."""

from support.harness import Played

from runner.model.outcome import Outcome

EXACT = "backoff: {initial: 1s, multiplier: 2, max: 8s, jitter: none}"
"""Waits of 1, 2, 4, 8, 8, ... seconds."""

PUT = "{method: PUT, path: /r}"
POST = "{method: POST, path: /r}"


def file_of(
    request: str = PUT,
    *,
    policy: str = EXACT,
    policies: str = "",
    classes: str = "",
    endpoint: str = "",
    more: str = "",
) -> str:
    """Return a file with one registration ``r``; the parts are what stands between the braces.

    Args:
        request: of the registration.
        policy: the policy ``default``.
        policies: further policies.
        classes: failure classes of the file.
        endpoint: further keys of the endpoint.
        more: further keys of the registration.
    """
    return f"""
version: 1
endpoints: {{e: {{url: "http://h", {endpoint}}}}}
retry_policies: {{default: {{{policy}}}, {policies}}}
failure_classes: [{classes}]
registrations: {{r: {{request: {request}, {more}}}}}
"""


def ended(outcome: Outcome) -> tuple[str, str | None, str | None, int]:
    """Return how a registration ended: state, class, why it stopped, and the exit status it asks for."""
    reason = None if outcome.reason is None else str(outcome.reason)
    return str(outcome.state), outcome.class_name, reason, int(outcome.exit_status)


def waits_s(played: Played) -> list[float]:
    """Return the waits that were decided, in seconds, rounded to the microsecond."""
    return [round(each.wait_s, 6) for each in played.outcome.attempts if each.wait_s is not None]


def classes_of(played: Played) -> list[str | None]:
    """Return the class of each attempt; none is a success."""
    return [each.class_name for each in played.outcome.attempts]
