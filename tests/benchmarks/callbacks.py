"""How long the loop stands still over the worst answers: ``python -m tests.benchmarks.callbacks``.

Run by hand, on a quiet machine: prints the CPU time of each, and fails where one takes more than 50 ms. What is
measured runs within one callback: matching an expression, asking a path, making a body, reading an answer.
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable

from runner.config.loader import load
from runner.language.value import Json
from runner.model.bound import Scope
from runner.values import path, pattern
from runner.values.budget import Budget
from runner.values.document import render_document
from runner.values.template import RenderError

MOST_MS = 50.0
SERVICES: Json = [{"name": f"n{number}", "id": number, "tags": ["a", "b"]} for number in range(13_000)]
NUMBERS: Json = [*range(150_000)]
PATTERNS = {
    "^(?:[0-9a-f]+:?){4}$": "a" * 8192,
    "(a?b?c?d?){90}X": "abcd" * 2048,
    "(([ab]*)a[ab]{450}).*": "abb" * 2700,
    "(x+x+)+y": "x" * 8192,
}
PATHS: dict[str, Json] = {
    "[?name=='web'].id": SERVICES,
    "[].tags[]": SERVICES,
    "sort_by(@,&name)[0]": SERVICES,
    "|".join(["[@,@]"] * 60) + "|to_string(@)": 1,
    "|".join(["[@,@][]"] * 60): [1],
    "reverse(sort(@))": NUMBERS,
    "[?@ > `3`]": NUMBERS,
}


def body() -> None:
    """Make a body of as many values as are allowed."""
    ones = ", ".join(["1"] * 150)
    many = f"{{$for_each: [{ones}], $value: {{$for_each: [{ones}], $value: {{a: '${{item}}'}}}}}}"
    text = (
        "version: 1\nendpoints: {e: {url: 'http://h'}}\n"
        f"registrations: {{r: {{request: {{method: PUT, path: /a, json: {many}}}}}}}\n"
    )
    plan = load(text.encode(), "f.yaml").plan
    assert plan is not None
    document = plan.registrations["r"].register.steps[0].request.body
    scope = Scope(variables={}, environment={}, files={}, captures={})
    began_s = time.thread_time()
    with contextlib.suppress(RenderError):
        render_document(document, scope)
    say("a body of nested $for_each", time.thread_time() - began_s)


def measured(what: str, run: Callable[[], object]) -> None:
    """Run it twice, of which the first imports and compiles, and say what the second took."""
    for _ in range(2):
        began_s = time.thread_time()
        with contextlib.suppress(path.PathCost):
            run()
        took_s = time.thread_time() - began_s
    say(what, took_s)


slow: list[str] = []


def say(what: str, took_s: float) -> None:
    """Print one line."""
    sys.stdout.write(f"{took_s * 1000:6.1f} ms  {what[:60]}\n")
    if took_s * 1000 > MOST_MS:
        slow.append(what)


def main() -> None:
    """Measure all."""
    for text, within in PATTERNS.items():
        measured(text, lambda text=text, within=within: pattern.find(text, within))  # type: ignore[misc]
    for expression, document in PATHS.items():
        measured(expression, lambda e=expression, d=document: path.search(e, d, Budget()))  # type: ignore[misc]
    raw = json.dumps(SERVICES).encode()
    measured(f"reading {len(raw) // 1024} KiB of JSON", lambda: path.read_document(raw))
    body()
    sys.exit(1 if slow else 0)


main()
