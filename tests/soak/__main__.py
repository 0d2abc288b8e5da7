"""``python -m tests.soak --runs 200000``: as many seeds as you like, with the rate and every failing seed."""

import argparse
import sys
import time

from .play import play


def main() -> int:
    """Play seeds; return 1 when one of them broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--show", action="store_true", help="print the file and the events of each seed")
    options = parser.parse_args()
    began_s = time.monotonic()
    requests = failed = 0
    for done, seed in enumerate(range(options.first, options.first + options.runs), start=1):
        played = play(seed)
        requests += len(played.wire)
        problems = played.broken()
        failed += bool(problems)
        if options.show:
            print(played.text, *played.events, *played.report.outcomes, sep="\n")  # noqa: T201 - a command's output
        for problem in problems:
            print(f"seed {seed}: {problem}")  # noqa: T201 - see above
        if done % 5000 == 0:
            rate = done / (time.monotonic() - began_s)
            print(f"{done} runs, {requests} requests, {failed} failed, {rate:.0f} runs/s", flush=True)  # noqa: T201 - see above
    rate = options.runs / (time.monotonic() - began_s)
    print(f"{options.runs} runs, {requests} requests, {failed} failed, {rate:.0f} runs/s")  # noqa: T201 - see above
    return 1 if failed else 0


sys.exit(main())
