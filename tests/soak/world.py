"""Random files and random control planes, from a seed."""

import random
from typing import Any

Yaml = dict[str, Any]

STATUSES = (
    200,
    200,
    201,
    204,
    302,
    400,
    401,
    403,
    404,
    408,
    409,
    410,
    422,
    425,
    429,
    500,
    501,
    502,
    503,
    504,
)
ERRORS = (
    "dns",
    "connect-refused",
    "connect-timeout",
    "connect-reset",
    "local-resource",
    "tls-verify",
    "tls-handshake",
    "disconnected-before-response",
    "disconnected-mid-body",
    "read-timeout",
    "total-timeout",
    "protocol-error",
    "response-invalid",
)
RETRY_AFTERS = ("0", "1", "3", "700", "soon", "Thu, 01 Jan 2026 00:00:04 GMT")


class Chance(random.Random):
    """Randomness with the words of a generator."""

    def maybe(self, share: float) -> bool:
        """Return true in that share of cases."""
        return self.random() < share

    def duration(self, least_ms: int, most_ms: int) -> str:
        """Return a duration between two bounds."""
        return f"{self.randint(least_ms, most_ms)}ms"


def random_file(chance: Chance) -> Yaml:
    """Return a whole valid file."""
    policies = {name: _policy(chance) for name in ("default", "patient", "short")}
    endpoints = {name: _endpoint(chance) for name in ("one", "two")[: chance.randint(1, 2)]}
    names = [f"r{number}" for number in range(chance.randint(1, 3))]
    registrations = {
        name: _registration(chance, name, names[:at], list(endpoints)) for at, name in enumerate(names)
    }
    return {
        "version": 1,
        "endpoints": endpoints,
        "retry_policies": policies,
        "failure_classes": _classes(chance, "file", list(policies)),
        "registrations": registrations,
        "lifecycle": {"splay": chance.duration(0, 2000)},
    }


def _policy(chance: Chance) -> Yaml:
    initial = chance.randint(0, 1000)
    return {
        "deadline": chance.duration(300, 20_000),
        "attempts": "unlimited" if chance.maybe(0.2) else chance.randint(1, 8),
        "backoff": {
            "initial": f"{max(1, initial)}ms",
            "multiplier": chance.choice([1, 1.5, 2, 10]),
            "max": f"{max(1, initial) + chance.randint(0, 3000)}ms",
            "jitter": chance.choice(["full", "equal", "none"]),
        },
        "retry_after": {"honor": chance.maybe(0.8), "max": chance.duration(500, 10_000)},
    }


def _endpoint(chance: Chance) -> Yaml:
    endpoint: Yaml = {
        "urls": [f"http://address-{number}" for number in range(chance.randint(1, 3))],
        "attempt_timeout": chance.duration(200, 4000),
        "max_concurrency": chance.randint(1, 3),
    }
    if chance.maybe(0.3):
        endpoint["login"] = {
            "request": {"method": "POST", "path": "/login"},
            "capture": {"token": {"body": "token", "default": "none-given"}},
        }
        endpoint["auth"] = {"bearer": "${login.token}"}
    return endpoint


def _classes(chance: Chance, scope: str, policies: list[str]) -> list[Yaml]:
    return [_class(chance, f"{scope}-{number}", policies) for number in range(chance.choice([0, 0, 1, 2]))]


def _class(chance: Chance, name: str, policies: list[str]) -> Yaml:
    match: Yaml = {}
    if chance.maybe(0.7):
        match["status"] = chance.sample(STATUSES, 2)
    else:
        match["errors"] = chance.sample(ERRORS, 2)
    if chance.maybe(0.2):
        match["processed"] = chance.choice(["never", "maybe", "started"])
    if chance.maybe(0.2):
        match["body"] = {"state": chance.choice(["busy", "done"])}
    made: Yaml = {"name": name, "match": match}
    made["action"] = chance.choice(["retry", "retry", "fail", "succeed", "adopt", "start_over"])
    if chance.maybe(0.5) and made["action"] in {"retry", "start_over"}:
        made["policy"] = chance.choice(policies)
    if chance.maybe(0.2):
        made["exit_code"] = chance.randint(1, 125)
    return made


def _registration(chance: Chance, name: str, earlier: list[str], endpoints: list[str]) -> Yaml:
    steps = [_step(chance, f"{name}-s{number}", endpoints) for number in range(chance.randint(1, 3))]
    made: Yaml = {"endpoint": endpoints[0], "steps": steps, "required": chance.maybe(0.8)}
    made["needs"] = [other for other in earlier if chance.maybe(0.4)]
    if chance.maybe(0.5):
        made["policy"] = chance.choice(["default", "patient", "short"])
    if chance.maybe(0.6):
        made["verify"] = {
            "steps": [_step(chance, f"{name}-v", endpoints) | {"request": {"path": f"/{name}"}}]
        }
        if chance.maybe(0.3):
            made["verify"]["policy"] = chance.choice(["default", "patient", "short"])
    made["failure_classes"] = _classes(chance, name, ["default", "patient", "short"])
    return made


def _step(chance: Chance, name: str, endpoints: list[str]) -> Yaml:
    request: Yaml = {"method": chance.choice(["GET", "PUT", "POST", "DELETE"]), "path": f"/{name}"}
    if chance.maybe(0.2):
        request["idempotent"] = chance.maybe(0.5)
    step: Yaml = {"name": name, "request": request, "endpoint": chance.choice(endpoints)}
    if chance.maybe(0.3):
        step["expect"] = {"body": {"state": "done"}}
    return step


def random_script(chance: Chance, steps: list[str]) -> list[Yaml]:
    """Return what the control plane answers; it ends well for each step more often than not."""
    script = [_answer(chance, steps) for _ in range(chance.randint(0, 12))]
    script += [
        {"step": step, "status": 200, "body": {"state": "done"}} for step in steps if chance.maybe(0.8)
    ]
    return script or [{"status": 200}]


def _answer(chance: Chance, steps: list[str]) -> Yaml:
    answer: Yaml = {"step": chance.choice(steps)} if chance.maybe(0.8) else {}
    if chance.maybe(0.4):
        answer["error"] = chance.choice(ERRORS)
    else:
        answer["status"] = chance.choice(STATUSES)
        answer["body"] = chance.choice([{"state": "busy"}, {"state": "done"}, "not JSON", None])
    if "status" in answer and chance.maybe(0.2):
        answer["headers"] = {"Retry-After": chance.choice(RETRY_AFTERS)}
    if chance.maybe(0.4):
        answer["latency"] = chance.duration(0, 5000)
    length = chance.choice(["times", "for", "until", None])
    if length == "times":
        answer["times"] = chance.randint(1, 4)
    elif length is not None:
        answer[length] = chance.duration(100, 8000)
    return answer
