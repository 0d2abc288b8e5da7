"""Random runs that stay: whatever answers come and whenever the end comes, the promises of a stay hold.

What may have been registered is undone, nothing is made anew after its goodbye, the goodbye keeps its time, and what
never ends is only what somebody asked to stay.
"""

import random

import pytest
from support.staying import Stayed, stay

from runner.language.terms import Cause

SEEDS_A_CHUNK = 30
FILE = """\
version: 1
endpoints: {plane: {url: "http://plane", attempt_timeout: 2s}}
retry_policies: {default: {deadline: 10s, attempts: 6}}
registrations:
  one:
    request: {method: PUT, path: /one}
    heartbeat: {every: 3s, request: {method: PUT, path: /one/beat}}
    deregister: {request: {method: DELETE, path: /one}}
  two:
    needs: [one]
    required: %s
    steps: [{name: look, request: {path: /look}}, {name: make, request: {method: %s, path: /two}}]
    heartbeat: {every: 5s, request: {method: PUT, path: /two/beat}}
    deregister: {request: {method: DELETE, path: /two}}
lifecycle: {on_failure: %s%s}
"""
STATUSES = (200, 200, 200, 200, 204, 400, 403, 404, 429, 500, 503)
ERRORS = ("connect-refused", "read-timeout", "disconnected-before-response")
STEPS = ("register", "look", "make", "heartbeat")
WITHIN_S = 2.0


def random_answer(chance: random.Random) -> str:
    step = chance.choice(STEPS)
    what = (
        f"status: {chance.choice(STATUSES)}" if chance.random() < 0.7 else f"error: {chance.choice(ERRORS)}"
    )
    length = chance.choice(("", f", times: {chance.randint(1, 4)}", f", for: {chance.randint(1, 8)}s"))
    return f"{{step: {step}, {what}, latency: {chance.randint(0, 2500)}ms{length}}}"


def random_stay(seed: int) -> tuple[Stayed, float]:
    chance = random.Random(seed)
    later = ", retry_later: 4s" if chance.random() < 0.5 else ""
    keeps = chance.random() < 0.5
    text = FILE % (
        chance.choice(("true", "false")),
        chance.choice(("PUT", "POST")),
        "keep_running" if keeps else "stop_app",
        later if keeps else "",
    )
    answers = [random_answer(chance) for _ in range(chance.randint(0, 12))]
    well = [f"{{step: {step}}}" for step in STEPS if chance.random() < 0.8]
    leave_at_s = chance.uniform(0, 60)
    given = ", ".join([*answers, *well, "{step: deregister}"])
    return stay(text, f"[{given}]", leave_at_s=leave_at_s, within_s=WITHIN_S, cause=Cause.SIGNAL), leave_at_s


def broken(stayed: Stayed, leave_at_s: float) -> list[str]:
    problems = []
    left = [each for each in stayed.sent if each.at_s > leave_at_s and each.request.method != "DELETE"]
    if left:
        problems.append(f"{left[0].request.method} after it was told to leave")
    for path, step in (("/one", "register"), ("/two", "make")):
        writes = [each.at_s for each in stayed.sent if each.request.step == step]
        undone = [
            each.at_s
            for each in stayed.sent
            if str(each.request.url) == f"http://plane{path}" and each.request.method == "DELETE"
        ]
        outcome = next((each for each in stayed.report.outcomes if each.registration == path[1:]), None)
        effect = any(
            event.step == step and event.event == "step_succeeded" and event.verb == "register"
            for event in stayed.events
        )
        if effect and stayed.ended_s >= leave_at_s and not undone:
            problems.append(f"{path} was made at {writes} and never undone: {outcome}")
        if len(undone) > 1:
            problems.append(f"{path} was undone twice, though it was answered at once")
    if stayed.ended_s > leave_at_s + WITHIN_S:
        problems.append(f"it ended at {stayed.ended_s}, and was to leave at {leave_at_s}")
    return problems


@pytest.mark.parametrize("chunk", range(3))
def test_no_random_stay_breaks_a_promise(chunk: int) -> None:
    seeds = range(chunk * SEEDS_A_CHUNK, (chunk + 1) * SEEDS_A_CHUNK)
    found = {seed: broken(*random_stay(seed)) for seed in seeds}

    assert {seed: problems for seed, problems in found.items() if problems} == {}
