"""The built-in failure classes: one table, as data.

They are asked after all classes of the file. The action depends on the verb, because the same answer means
different things: 404 refuses a registration, tells a verification to wait, and completes a deregistration.
"""

from runner.language.classes import Action, Match
from runner.language.policies import Backoff, Jitter, RetryPolicy
from runner.language.span import Span
from runner.language.terms import TransportKind as Kind
from runner.language.terms import VerbName
from runner.language.units import parse_status_set
from runner.language.value import Condition, Named, Operator, StatusSet, Template
from runner.model.outcome import ExitStatus
from runner.model.plan import FailureClass

_NOWHERE = Span("<built-in>", 1, 1, 1, 1)

DEFAULT_POLICY = RetryPolicy(name="default", attempts=20, deadline_s=60.0)

# The waits were chosen by measurement (python -m tests.benchmarks.defaults). A lone container that meets a
# server which comes up after 10 s, mean and worst delay after it is up, and most requests in 10 and 60 s:
#
#   fixed 1 s             0.497 s  0.995 s   12   62
#   50 to 250 ms, full    0.083 s  0.243 s  112  524
#   50 to 300 ms, equal   0.124 s  0.287 s   56  286   <- unreachable: 0.2 s at most, with 100 and 300 requests
#   100 ms to 1 s, equal  0.388 s  0.924 s   20   90
#   200 ms to 5 s, full   1.712 s  4.513 s   14   38
#
# A refused connection costs a server that is down nothing. Once it answers, the policy of the registration
# holds; a thousand containers at a server that takes 50 a second and queues 20, all at once (ideal 20 s):
# requests answered for each container, end, share of the server's time put to use:
#
#   fixed 500 ms          25.5   24.9 s  80 %
#   200 ms to 5 s, none   26.0  231.4 s   9 %
#   200 ms to 5 s, equal   7.3   21.6 s  93 %
#   200 ms to 5 s, full    8.4   21.8 s  92 %   <- default
#   200 ms to 30 s, full   7.1   38.6 s  52 %
#   default, 30 s splay    1.0   30.0 s  67 %
QUICK_POLICY = RetryPolicy(
    name="unreachable",
    attempts=None,
    backoff=Backoff(initial_s=0.05, multiplier=1.5, max_s=0.3, jitter=Jitter.EQUAL),
)
# Our own machine is short of something: hurrying makes it worse.
LOCAL_POLICY = RetryPolicy(
    name="local",
    attempts=None,
    backoff=Backoff(initial_s=1.0, multiplier=2.0, max_s=10.0, jitter=Jitter.EQUAL),
)
# At once, and as often as logins expire: a 401 right after a renewal is another class, ``denied``.
RENEWAL_POLICY = RetryPolicy(
    name="expired",
    attempts=None,
    backoff=Backoff(initial_s=0.0, jitter=Jitter.NONE),
)
# A handshake that breaks is most often a wrong port or version, and seldom a proxy that is just starting.
HANDSHAKE_POLICY = RetryPolicy(
    name="handshake",
    attempts=2,
    backoff=Backoff(initial_s=1.0, max_s=1.0, jitter=Jitter.EQUAL),
)


def _status(*items: int | str) -> StatusSet:
    return parse_status_set(list(items), [])


def _kinds(*kinds: Kind) -> tuple[Match, ...]:
    return (Match(kinds=frozenset(kinds)),)


EXPIRED = "expired"
"""The class that makes the engine log in again before the retry."""

_HAS_RETRY_AFTER = Named(Template(("retry-after",), _NOWHERE), Condition(Operator.EXISTS, operand=True))

_MATCHES: dict[str, tuple[Match, ...]] = {
    "pending": (Match(expectation_unmet=True),),
    "unreachable": _kinds(
        Kind.DNS,
        Kind.DNS_TEMPORARY,
        Kind.CONNECT_REFUSED,
        Kind.CONNECT_UNREACHABLE,
        Kind.CONNECT_TIMEOUT,
        Kind.CONNECT_RESET,
        Kind.PROXY_CONNECT,
        Kind.PROXY_DISCONNECTED,
    ),
    "throttled": (Match(status=_status(429)), Match(status=_status(503), headers=(_HAS_RETRY_AFTER,))),
    "unavailable": (
        Match(status=parse_status_set([408, 421, 425, "5xx"], [501, 505, 506, 510, 511])),
        *_kinds(
            Kind.DISCONNECTED_BEFORE_RESPONSE,
            Kind.DISCONNECTED_MID_HEADERS,
            Kind.DISCONNECTED_MID_BODY,
            Kind.READ_TIMEOUT,
            Kind.READ_TIMEOUT_BODY,
            Kind.TOTAL_TIMEOUT,
        ),
    ),
    "missing": (Match(status=_status(404, 410)),),
    EXPIRED: (Match(status=_status(401), renewable_login=True),),
    "denied": (Match(status=_status(401, 403)),),
    "untrusted": _kinds(Kind.TLS_VERIFY),
    "handshake": _kinds(Kind.TLS_HANDSHAKE),
    "local": _kinds(Kind.LOCAL_RESOURCE),
    "rejected": (Match(status=_status("4xx", "3xx")),),
    "unexpected": (Match(),),
}

_IN_VERIFY: dict[str, tuple[Match, ...]] = {
    # Another 2xx than the one that is awaited: 202, say, of what is still being made.
    "pending": (Match(expectation_unmet=True, status=_status("2xx")),)
}
_REGISTER, _VERIFY, _HEARTBEAT, _DEREGISTER = VerbName
_ALWAYS_RETRY = dict.fromkeys(VerbName, Action.RETRY)
_ALWAYS_FAIL = dict.fromkeys(VerbName, Action.FAIL)

_ACTIONS: dict[str, dict[VerbName, Action]] = {
    "pending": _ALWAYS_FAIL | {_REGISTER: Action.RETRY, _VERIFY: Action.RETRY},
    "unreachable": _ALWAYS_RETRY,
    "throttled": _ALWAYS_RETRY,
    "unavailable": _ALWAYS_RETRY,
    "missing": {
        _REGISTER: Action.FAIL,
        _VERIFY: Action.RETRY,
        _HEARTBEAT: Action.START_OVER,
        _DEREGISTER: Action.SUCCEED,
    },
    EXPIRED: _ALWAYS_RETRY,
    "denied": _ALWAYS_FAIL,
    "untrusted": _ALWAYS_FAIL,
    "handshake": _ALWAYS_RETRY,
    "local": _ALWAYS_RETRY,
    "rejected": _ALWAYS_FAIL,
    "unexpected": _ALWAYS_FAIL,
}
_POLICIES = {
    EXPIRED: RENEWAL_POLICY,
    "unreachable": QUICK_POLICY,
    "local": LOCAL_POLICY,
    "handshake": HANDSHAKE_POLICY,
}
_EXIT_STATUSES = {
    EXPIRED: ExitStatus.DENIED,
    "denied": ExitStatus.DENIED,
    "untrusted": ExitStatus.DENIED,
    "handshake": ExitStatus.REJECTED,
}
_HINTS = {
    "denied": "check the credentials, and the rights that they give",
    "untrusted": "the server's certificate is not trusted; check tls.ca_file and the host name in the URL",
    "handshake": "TLS could not be agreed; check that the port speaks TLS, and which versions",
    "local": "this machine is short of something: file descriptors, ports or memory",
}

NAMES = tuple(_MATCHES)
BEAT_POLICY = "a beat"
"""The name of the policy of a heartbeat that names none; no file can have it."""


def built_in_classes(verb: VerbName, *, has_login: bool) -> tuple[FailureClass, ...]:
    """Return the built-in classes as a verb uses them, in the order in which they are asked.

    Args:
        verb: whose column of the table. A heartbeat has no waits of its own: the next beat is the retry.
        has_login: whether the endpoint has a login that can be renewed; only then is there ``expired``.
    """
    return tuple(
        FailureClass(
            name=name,
            action=_ACTIONS[name][verb],
            match=match + (_IN_VERIFY.get(name, ()) if verb is _VERIFY else ()),
            policy=_POLICIES.get(name) if verb is not _HEARTBEAT or name == EXPIRED else None,
            exit_status=_EXIT_STATUSES.get(name),
            hint=_HINTS.get(name),
        )
        for name, match in _MATCHES.items()
        if has_login or name != EXPIRED
    )
