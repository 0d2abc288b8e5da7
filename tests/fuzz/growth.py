"""``python -m tests.fuzz.growth --runs 500``: looks for files whose cost grows faster than they do.

Run by hand. Each round takes a file of the suite, mutates it, repeats one of its entries some hundred times under
other names, and twice as often again; the inputs that cost most for their size are mutated further. What must
hold: the larger of the two takes at most three times the calls and the memory of the smaller one. The worst
are printed, and what breaks the rule is left in the folder.
"""

import argparse
import copy
import json
import random
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import yaml

from runner.config.lint.lint import lint
from runner.config.loader import load
from runner.report.diagnostics import render_diagnostic

from .mutate import mutated

CORPUS = Path(__file__).parents[1] / "config"
FEW, MANY = 200, 400
MOST_GROWTH = 3.0
FIXED_CALLS, FIXED_BYTES = 200_000, 4_000_000


def cost_of(raw: bytes) -> tuple[int, int]:
    """Return the calls and the most bytes that it takes to validate a file and to say what is wrong."""
    calls = 0

    def count(_frame: object, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    tracemalloc.start()
    sys.setprofile(count)
    try:
        loaded = load(raw, "growth.enlist.yaml")
        for finding in (*loaded.diagnostics, *lint(loaded)):
            render_diagnostic(finding, loaded.lines)
    finally:
        sys.setprofile(None)
        _, most_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return calls, most_bytes


def containers_in(part: Any) -> list[Any]:
    """Return the lists and maps of a document that hold something."""
    below = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    found = [container for each in below for container in containers_in(each)]
    return [part, *found] if isinstance(part, dict | list) and part else found


def repeated(document: Any, which: int, times: int) -> bytes:
    """Return the file with the last entry of one of its lists or maps repeated."""
    document = copy.deepcopy(document)
    containers = containers_in(document)
    container = containers[which % len(containers)]
    if isinstance(container, list):
        container += [copy.deepcopy(container[-1]) for _ in range(times)]
    else:
        key, value = list(container.items())[-1]
        container |= {f"{key}{number}": copy.deepcopy(value) for number in range(times)}
    return json.dumps(document).encode("utf-8", errors="replace")


def grows_too_fast(few: tuple[int, int], many: tuple[int, int]) -> bool:
    """Whether twice as many entries cost more than their share."""
    limits = (FIXED_CALLS, FIXED_BYTES)
    return any(
        more > less * MOST_GROWTH and more > fixed
        for less, more, fixed in zip(few, many, limits, strict=True)
    )


def main() -> None:
    """Search, print the worst, and keep what breaks the rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.growth")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=60, help="after which it ends before its runs do")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", default="/tmp/enlist-growth", help="where files that break the rule are kept"
    )
    options = parser.parse_args()
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(options.seed)
    seeds = [
        path.read_bytes() for kind in ("right", "wrong") for path in sorted((CORPUS / kind).glob("*.yaml"))
    ]
    worst: list[tuple[float, bytes]] = []
    broken = 0
    runs = 0
    ends_s = time.monotonic() + options.minutes * 60
    for run in range(options.runs):
        if time.monotonic() > ends_s:
            break
        runs += 1
        pool = [raw for _, raw in worst] if worst and chance.random() < 0.3 else seeds
        raw = mutated(chance.choice(pool), 4096, chance.randrange(2**31))
        try:
            document = json.loads(json.dumps(yaml.safe_load(raw)))
        except (yaml.YAMLError, ValueError, TypeError, RecursionError):
            continue
        if not containers_in(document):
            continue
        which = chance.randrange(1000)
        few, many = (cost_of(repeated(document, which, times)) for times in (FEW, MANY))
        if grows_too_fast(few, many):
            broken += 1
            (folder / f"{run}.enlist.yaml").write_bytes(repeated(document, which, MANY))
            sys.stdout.write(f"run {run}: {few} became {many}\n")
        worst = sorted([*worst, (many[0] / few[0], raw)], reverse=True)[:20]
    sys.stdout.write(f"{runs} runs, {broken} grow too fast; the most: {worst[0][0]:.2f}\n")
    sys.exit(1 if broken else 0)


main()
