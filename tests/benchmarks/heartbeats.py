"""What many heartbeats cost: a real run against a server on the loopback, its cadence, its CPU and its end.

    python -m tests.benchmarks.heartbeats [REGISTRATIONS] [EVERY_S] [SECONDS]

Run by hand: it takes a core and half a minute, and prints figures instead of judging them.
"""

import asyncio
import itertools
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from aiohttp import web

Beats = dict[str, list[float]]


def file_of(count: int, every_s: float, port: int) -> str:
    """Return a file with so many registrations."""
    lines = ["version: 1", f'endpoints: {{plane: {{url: "http://127.0.0.1:{port}", max_concurrency: 64}}}}']
    lines.append("registrations:")
    lines += [
        f"  r{number}: {{request: {{method: PUT, path: /r{number}}}, heartbeat:"
        f" {{every: {every_s:g}s, request: {{method: PUT, path: /beat/r{number}}}}}}}"
        for number in range(count)
    ]
    return "\n".join(lines) + "\n"


async def serve(beats: Beats) -> tuple[web.AppRunner, int]:
    """Answer everything with 200, and note when each beat came."""

    async def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/beat/"):
            beats[request.path].append(time.monotonic())
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = web.AppRunner(app, access_log=None)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    return server, server.addresses[0][1]


async def measure(count: int, every_s: float, seconds: float) -> None:
    """Run, and print what came of it."""
    beats: Beats = defaultdict(list)
    server, port = await serve(beats)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "enlist.yaml")
        path.write_text(file_of(count, every_s, port), encoding="utf-8")  # noqa: ASYNC240 - before anything is measured
        began_s = time.monotonic()
        run = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "runner", "run", str(path), "--log-level", "warning"
        )
        while len(beats) < count and time.monotonic() - began_s < 120:  # noqa: ASYNC110 - the server only notes
            await asyncio.sleep(0.1)
        say(f"{len(beats)} of {count} had their first beat after {time.monotonic() - began_s:.1f} s")
        before_s = cpu_s(run.pid)
        await asyncio.sleep(seconds)
        used = (cpu_s(run.pid) - before_s) / seconds
        told_s = time.monotonic()
        run.send_signal(signal.SIGTERM)
        status = await run.wait()
        ended_s = time.monotonic() - told_s
    await server.cleanup()
    gaps = sorted(late - early for each in beats.values() for early, late in itertools.pairwise(each))
    say(f"CPU {used:.0%} of a core; ended with {status} {ended_s:.2f} s after TERM")
    if gaps:
        off = sum(abs(gap - every_s) > every_s / 10 for gap in gaps)
        say(
            f"{len(gaps)} gaps: median {statistics.median(gaps):.3f} s, most {gaps[-1]:.3f} s, {off} off by over 10 %"
        )


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    given = [*map(float, sys.argv[1:]), *(2000, 5, 20)[len(sys.argv) - 1 :]]
    asyncio.run(measure(int(given[0]), given[1], given[2]))
